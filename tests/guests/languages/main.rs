//! `std FOLDER` prints what programs rely on, the same natively; `records ...` is in records.rs; without arguments
//! nothing is done.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, process, thread};

#[cfg(target_os = "wasi")]
mod records;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.first().map_or("", String::as_str) {
        "" => {}
        "std" => {
            println!("{args:?} {:?} {:?}", env::var("SET"), env::var("NOT_SET"));
            println!("stdin {:?}", io::read_to_string(io::stdin()));
            let folder = Path::new(&args[1]);
            files(folder).expect("files work");
            folders(&folder.join("many")).expect("folders work");
            errors(folder);
            time();
            memory();
            (0..100_000).for_each(|line| println!("line {line}"));
            print!("not flushed");
            process::exit(77);
        }
        #[cfg(target_os = "wasi")]
        "records" => records::run(&args[1..]),
        other => panic!("no part is called {other}"),
    }
}

fn files(folder: &Path) -> io::Result<()> {
    let path = folder.join("file");
    let mut file = File::create(&path)?;
    file.write_all(b"hello world\n")?;
    println!("{:?} {:?}", file.seek(SeekFrom::Start(6))?, file.stream_position()?);
    file.write_all(b"WORLD")?;
    file.sync_all()?;
    let mut file = OpenOptions::new().append(true).open(&path)?;
    file.rewind()?;
    file.write_all(b"more")?;
    println!("{:?}", fs::read_to_string(&path)?);
    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    file.set_len(9)?;
    println!("{:?}", file.seek(SeekFrom::End(-3))?);
    println!("{:?}", io::read_to_string(&mut file)?);
    let time = UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789);
    file.set_times(FileTimes::new().set_modified(time).set_accessed(time + Duration::from_secs(1)))?;
    let metadata = fs::metadata(&path)?;
    println!(
        "{:?}",
        (metadata.modified()?.duration_since(UNIX_EPOCH), metadata.accessed()?.duration_since(UNIX_EPOCH))
    );
    println!("{} {} {}", metadata.len(), metadata.is_file(), metadata.is_dir());
    println!("{}", fs::copy(&path, folder.join("copy"))?);
    fs::rename(folder.join("copy"), folder.join("moved"))?;
    fs::hard_link(&path, folder.join("link"))?;
    println!("{:?} {}", fs::exists(folder.join("copy"))?, fs::read_to_string(folder.join("link"))?);
    let large: Vec<u8> = (0..3_000_000u32).map(|byte| (byte * 7 % 251) as u8).collect();
    fs::write(folder.join("large"), &large)?;
    let mut back = vec![0; 1_000_000];
    let mut file = File::open(folder.join("large"))?;
    file.seek(SeekFrom::Start(1_999_999))?;
    file.read_exact(&mut back)?;
    println!("{} {}", back == large[1_999_999..2_999_999], fs::read(folder.join("large"))? == large);
    Ok(())
}

fn folders(many: &Path) -> io::Result<()> {
    fs::create_dir_all(many.join("a/b/c"))?;
    for number in 0..1000 {
        fs::write(many.join(format!("{number:04}-{}", "n".repeat(number % 200))), vec![b'x'; number])?;
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(many)? {
        let entry = entry?;
        entries.push((entry.file_name(), entry.file_type()?.is_file()));
    }
    entries.sort();
    println!("{} {entries:?}", entries.len());
    // Removing while listing.
    for entry in fs::read_dir(many)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    println!("{}", fs::read_dir(many)?.count());
    fs::remove_dir_all(many)
}

fn errors(folder: &Path) {
    let path = |name: &str| folder.join(name);
    fs::create_dir_all(path("full/x")).expect("a folder");
    let kinds = [
        File::open(path("none")).map(drop),
        File::open(path("file/x")).map(drop),
        File::create_new(path("file")).map(drop),
        File::create(path("full")).map(drop),
        fs::read(path("full")).map(drop),
        fs::read_dir(path("file")).map(drop),
        fs::create_dir(path("full")),
        fs::remove_file(path("none")),
        fs::rename(path("full"), path("file")),
        File::create(path(&"x".repeat(300))).map(drop),
        File::open(path("a\0b")).map(drop),
        File::open(path("file")).and_then(|mut file| file.write_all(b"x")),
    ];
    println!("{:?}", kinds.map(|result| result.expect_err("an error").kind()));
}

fn time() {
    println!("{}", SystemTime::now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    for duration in [0, 1, 1_000, 1_000_000, 30_000_000].map(Duration::from_nanos) {
        let began = Instant::now();
        thread::sleep(duration);
        println!("slept {}", began.elapsed() >= duration);
    }
}

fn memory() {
    let map: HashMap<u64, u64> = (0..100_000).map(|number| (number, number)).collect();
    println!("{}", map.values().sum::<u64>());
    let blocks: Vec<Vec<u8>> = (0..64).map(|block| vec![block; 4 << 20]).collect();
    println!("{}", blocks.iter().map(|block| u64::from(block[block.len() - 1])).sum::<u64>());
}
