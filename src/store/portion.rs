//! What one commit takes of a file: punches and rejects.

use super::piece::Piece;
use super::quarantine::NewReject;

/// Rejects of one commit.
const REJECTS: usize = 500;

/// Rows that wait for one commit. Bounded, and used again for the next.
#[derive(Debug, Default)]
pub struct Portion {
    /// The punches.
    pub piece: Piece,
    /// The rows that cannot be punches now.
    pub rejects: Vec<NewReject>,
}

impl Portion {
    /// True when it should be committed.
    pub fn is_full(&self) -> bool {
        self.piece.is_full() || self.rejects.len() >= REJECTS
    }

    /// Forgets the rows and keeps the memory.
    pub fn clear(&mut self) {
        self.piece.clear();
        self.rejects.clear();
    }
}
