//! FLOOR 2. Where bytes go: the only room that speaks SMTP.
