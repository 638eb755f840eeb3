//! The servers of `export_tonic!`, by their types.
//! Deliberately behind the macro only: whoever writes a state of his own has fields for them.

use std::any::Any;

/// Servers of different types, each once.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Servers(Vec<Box<dyn Any>>);

impl Servers {
    /// Adds one.
    #[must_use]
    pub fn with<T: 'static>(mut self, server: T) -> Self {
        self.0.push(Box::new(server));
        self
    }

    /// A clone of the one with this type.
    ///
    /// # Panics
    ///
    /// When there is none, which the macro rules out.
    pub fn get<T: Clone + 'static>(&self) -> T {
        let found = self.0.iter().find_map(|server| server.downcast_ref::<T>());
        found.expect("the macro adds a server of every type that it asks for").clone()
    }
}
