//! FLOOR 3. Wiring: the only room with tasks and the clock.
