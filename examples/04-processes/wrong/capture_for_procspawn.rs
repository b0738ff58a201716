fn main() {
    procspawn::init();
    let limit: u64 = 100;
    let job = procspawn::spawn(500_u64, |number| number.min(limit));
    println!("{:?}", job.join());
}
