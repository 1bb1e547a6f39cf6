//! FLOOR 2. Where bytes come from: watched folders and, later, ports.
