//! One side as bytes: equal for two sides exactly if they have the same action for every call.

use std::collections::HashMap;

use super::side::Prepared;
use super::{CompareError, FIRST_NODES, LAST_NODES, Side};
use crate::diagram::input::{Atom, Atoms};
use crate::diagram::{Diagrams, Ref, TooLarge, TopNode};

/// Bytes that say what a side does with every call. They depend on nothing else: a policy and its filter have the same bytes,
/// however they are written.
///
/// If a side has symbols, the bytes contain the text of each. Then two sides with the same bytes are still equal, but two equal
/// sides may have different bytes, because the order of their symbols may differ.
///
/// The bytes are there to be hashed and compared, not to be read: they are the decision diagram, with each node once.
///
/// # Errors
///
/// A filter that the kernel does not load, or a side that is too large. An error speaks of the "first" filter.
pub fn canonical(side: Side<'_>) -> Result<Vec<u8>, CompareError> {
    let mut symbols = Vec::new();
    let prepared = Prepared::new(side, &mut symbols).map_err(CompareError::LeftFilter)?;
    let bytes = bytes_within(&prepared, FIRST_NODES)
        .or_else(|TooLarge| bytes_within(&prepared, LAST_NODES))
        .map_err(|TooLarge| CompareError::TooLarge { call: None })?;
    let mut all = Vec::new();
    for (_, text) in &symbols {
        number(text.len(), &mut all);
        all.extend(text.as_bytes());
    }
    all.extend(bytes);
    Ok(all)
}

fn bytes_within(side: &Prepared<'_>, nodes: usize) -> Result<Vec<u8>, TooLarge> {
    let (mut diagrams, mut atoms) = (Diagrams::new(nodes), Atoms::default());
    let function = side.function(&mut diagrams, &mut atoms, Ref::TRUE)?;
    let mut writer = CanonicalWriter {
        diagrams: &diagrams,
        atoms: &atoms,
        places: HashMap::new(),
        bytes: Vec::new(),
    };
    writer.write(function);
    Ok(writer.bytes)
}

struct CanonicalWriter<'a> {
    diagrams: &'a Diagrams,
    atoms: &'a Atoms,
    /// The place of each node that is written.
    places: HashMap<Ref, usize>,
    bytes: Vec<u8>,
}

impl CanonicalWriter<'_> {
    /// Writes a node after those that it leads to, and returns its place.
    fn write(&mut self, function: Ref) -> usize {
        if let Some(&place) = self.places.get(&function) {
            return place;
        }
        match self.diagrams.top(function) {
            TopNode::Leaf(leaf) => {
                self.bytes.push(b'r');
                self.bytes.extend(leaf.kind.to_le_bytes());
                self.bytes.extend(leaf.value.to_le_bytes());
            }
            TopNode::Ask { level, low, high } => {
                let (low, high) = (self.write(low), self.write(high));
                match self.atoms.at(level) {
                    Some(atom) => {
                        let text = text_of(atom);
                        self.bytes.push(b's');
                        number(text.len(), &mut self.bytes);
                        self.bytes.extend(text.as_bytes());
                    }
                    None => {
                        self.bytes.push(b'b');
                        self.bytes.extend(level.to_le_bytes());
                    }
                }
                number(low, &mut self.bytes);
                number(high, &mut self.bytes);
            }
        }
        let place = self.places.len();
        self.places.insert(function, place);
        place
    }
}

fn text_of(atom: Atom) -> String {
    match atom {
        Atom::Equal(left, right) => format!("{left} == {right}"),
        Atom::Less(left, right) => format!("{left} < {right}"),
    }
}

/// Adds a length or a place. Both are below 2^32, because the number of nodes and the length of a text are bounded.
fn number(value: usize, bytes: &mut Vec<u8>) {
    bytes.extend((value as u32).to_le_bytes());
}
