//! A service that asks two plug-ins: who the caller is, and which flags are on.
//! Deliberately knows neither of them: it calls the SDK and an interface.

mod flags;

#[cfg(test)]
mod tests;

use mikros_sdk::grpc;
use mikros_sdk::prelude::*;
use proto::Greeting;
use proto::welcome_server::WelcomeServer;

pub mod proto {
    //! What the build script has made of `proto/welcome.proto`.
    mikros_sdk::include_proto!("welcome");
}

struct Welcome;

impl Service for Welcome {
    async fn on_start() -> Result<Self> {
        Ok(Self)
    }
}

impl Http for Welcome {
    fn routes() -> Router<Self> {
        Router::new().get("/", greeting).get("/about", about)
    }
}

impl Grpc for Welcome {
    type Services = WelcomeServer<Self>;
}

impl proto::welcome_server::Welcome for Welcome {
    async fn greet(
        &self,
        _request: grpc::Request<()>,
    ) -> Result<grpc::Response<Greeting>, grpc::Status> {
        Ok(grpc::Response::new(Greeting { text: greeting().await? }))
    }
}

/// The same for both kinds: the plug-ins stand before both.
async fn greeting() -> Result<String> {
    let caller = mikros_sdk::caller().or_permission_denied("nobody knows you")?;
    let name = caller.subject();
    Ok(if flags::is_enabled("warm-welcome").await? {
        format!("how good to see you, {name}!")
    } else {
        format!("hello {name}")
    })
}

/// For everybody: `service.toml` says so.
async fn about() -> &'static str {
    "welcomes those who are known\n"
}

mikros_sdk::export!(Welcome: http, grpc);
