//! The real service on a port of its own, for the kill -9 test: `crash-service FOLDER` prints its address, then serves.

use std::net::{Ipv4Addr, SocketAddr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("crash-service FOLDER")?;
    let mut config = chambre_server::Config::new(folder.into());
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut running = chambre_server::start(config, chambre_server::system_clock()).await?;
    println!("{}", running.address());
    running.failed().await;
    Err("the journal can no longer be written".into())
}
