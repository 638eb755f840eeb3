//! Opens a connection.
//! Does not know that no service can.

use std::net::{Ipv4Addr, TcpStream};

use mikros_sdk::prelude::*;

struct Network;

impl Service for Network {
    async fn on_start() -> Result<Self> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, 1))?;
        Ok(Self)
    }
}

impl Native for Network {
    async fn start(&self) -> Result<()> {
        Ok(())
    }
}

mikros_sdk::export!(Network: native);
