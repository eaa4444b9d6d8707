//! The real service on a port of its own, for the kill -9 tests: `crash-service FOLDER [ADDRESS [LEDGER]]` prints its
//! address, then serves; with the address of a ledger it serves the matching alone.

use chambre_server::RemoteLedger;
use std::net::{Ipv4Addr, SocketAddr};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("crash-service FOLDER")?;
    let mut config = chambre_server::Config::new(folder.into());
    let address = std::env::args().nth(2).map(|address| address.parse::<SocketAddr>()).transpose()?;
    config.listen = address.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let ledger = std::env::args().nth(3);
    config.matching_ledger =
        ledger.map(|address| RemoteLedger { address, credentials: chambre_api::Credentials::default() });
    let mut running = chambre_server::start(config, chambre_server::system_clock()).await?;
    println!("{}", running.address());
    running.failed().await;
    Err("the journal can no longer be written".into())
}
