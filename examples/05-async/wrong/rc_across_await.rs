use std::rc::Rc;
use std::time::Duration;

async fn tell(name: &str) {
    let name = Rc::new(name.to_owned());
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("{name}");
}

#[tokio::main]
async fn main() {
    println!("{:?}", tokio::spawn(tell("a")).await);
}
