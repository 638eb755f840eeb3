//! Makes RPCs with generated clients, all to the client `peer`: the cases of the gRPC project's interoperability
//! tests below `/cases`, and what the guest `streams` serves below `/probe`.
//! Deliberately knows nothing about who answers, or how the host gets there.

mod cases;
mod compression;
mod probe;
mod right;

use mikros_sdk::grpc::Channel;
use mikros_sdk::prelude::*;
use proto::probe::probe_client::ProbeClient;
use proto::testing::test_service_client::TestServiceClient;
use proto::testing::unimplemented_service_client::UnimplementedServiceClient;

#[expect(clippy::pedantic, reason = "generated code")]
pub mod proto {
    //! What the build script has made of the `.proto` files.

    pub mod testing {
        //! Of the interoperability tests.

        mikros_sdk::include_proto!("grpc.testing");
    }

    pub mod probe {
        //! Of the guest `streams`.

        mikros_sdk::include_proto!("probe");
    }
}

struct RpcClient {
    channel: Channel,
    test: TestServiceClient,
    unimplemented: UnimplementedServiceClient,
    probe: ProbeClient,
}

impl Service for RpcClient {
    async fn on_start() -> Result<Self> {
        let channel = Channel::connect("peer").await?;
        Ok(Self {
            test: TestServiceClient::new(channel.clone()),
            unimplemented: UnimplementedServiceClient::new(channel.clone()),
            probe: ProbeClient::new(channel.clone()),
            channel,
        })
    }
}

impl Http for RpcClient {
    fn routes() -> Router<Self> {
        Router::new().get("/cases/{name}", cases::run).nest("/probe", probe::routes())
    }
}

mikros_sdk::export!(RpcClient: http);
