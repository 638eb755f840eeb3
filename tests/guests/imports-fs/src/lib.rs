//! Opens a file.
//! Does not know that no service has any.

use mikros_sdk::prelude::*;

struct Files;

impl Service for Files {
    async fn on_start() -> Result<Self> {
        std::fs::read("/etc/passwd")?;
        Ok(Self)
    }
}

impl Native for Files {
    async fn start(&self) -> Result<()> {
        Ok(())
    }
}

mikros_sdk::export!(Files: native);
