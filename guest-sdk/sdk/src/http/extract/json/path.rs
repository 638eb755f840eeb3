//! Where in a JSON document a value is.
//! Deliberately not a JSON Pointer: clients read `items[3].price`.

use std::fmt;

use crate::http::values::words;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Path(pub(super) Vec<Step>);

impl Path {
    pub(super) fn with(mut self, name: &str) -> Self {
        self.0.push(Step::Key(name.to_owned()));
        self
    }

    /// The name below `parent` that this path leads to.
    pub(super) fn name_below(&self, parent: &Self) -> Option<&str> {
        match self.0.split_last()? {
            (Step::Key(name), above) if *above == *parent.0 => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_above(&self, other: &Self) -> bool {
        other.0.len() > self.0.len() && other.0.starts_with(&self.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(name) if depth == 0 => f.write_str(&words::cut(name))?,
                Step::Key(name) => write!(f, ".{}", words::cut(name))?,
            }
        }
        Ok(())
    }
}
