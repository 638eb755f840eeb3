//! A program with a `main`.
//! Does nothing: it is not even started.

fn main() {}
