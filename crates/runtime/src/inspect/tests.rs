use super::*;
use crate::abi::tests::object::compile;

/// A module with `data` in its memory, as segments split at every run of `gap` zeros.
fn module(data: &[u8], gap: usize) -> Vec<u8> {
    let zeros = vec![0; gap];
    let (mut segments, mut at) = (String::new(), 0);
    while at < data.len() {
        let end = data[at..].windows(gap).position(|window| window == zeros).map_or(data.len(), |found| at + found);
        if end > at {
            let bytes: String = data[at..end].iter().map(|byte| format!("\\{byte:02x}")).collect();
            segments += &format!("(data (i32.const {}) \"{bytes}\")\n", 1024 + at);
        }
        at = end.max(at) + if end < data.len() { gap } else { 0 };
    }
    let import = "(import \"wasm_bpf_v1\" \"object_open\" (func (param i32 i32 i32 i32) (result i32)))";
    wat::parse_str(format!("(module {import} (memory 64) {segments})")).unwrap()
}

#[test]
fn an_object_is_found_in_whole_or_split() {
    let elf = compile("calls");
    for gap in [usize::MAX >> 48, 8, 16] {
        let report = inspect(&module(&elf, gap)).unwrap();
        let [object] = report.objects.as_slice() else { panic!("{report:?}") };
        assert_eq!((object.offset, object.size, &object.error), (1024, elf.len(), &None));
        assert!(!report.opaque && object.btf && object.license == "GPL", "{object:?}");
        let program = |name: &str| object.programs.iter().find(|program| program.name == name).unwrap();
        assert!(program("signals").kfuncs.contains(&"bpf_send_signal_task".to_owned()), "{object:?}");
        assert_eq!(program("signals").grants, ["signal"]);
        assert_eq!(program("looks").grants, [""; 0]);
        assert!(program("sets").helpers.contains(&"bpf_setsockopt".to_owned()), "{object:?}");
    }
}

#[test]
fn a_module_that_makes_its_object_is_opaque() {
    let report = inspect(&module(b"nothing", 8)).unwrap();
    assert!(report.opaque && report.objects.is_empty(), "{report:?}");
    assert!(report.policy.contains("cannot be seen") && report.policy.contains("helpers = []"), "{}", report.policy);
}

#[test]
fn damage_is_an_error_and_no_panic() {
    assert!(inspect(b"").is_err());
    assert!(inspect(b"\0asm\x01\0\0\0\x02\xff\xff").is_err());
    let elf = compile("maps");
    // Every header byte of the object damaged, one at a time, and the object cut short at every 97th byte.
    let whole = module(&elf, 1 << 16);
    let at = whole.windows(4).position(|window| window == b"\x7fELF").unwrap();
    for index in 0..64 {
        for value in [0, 0x7f, 0xff] {
            let mut wasm = whole.clone();
            wasm[at + index] = value;
            inspect(&wasm).unwrap();
        }
    }
    for end in (0..elf.len()).step_by(97) {
        elf::find(&elf[..end]).into_iter().for_each(|(_, elf)| drop(Code::parse(elf)));
        let report = inspect(&module(&elf[..end], 1 << 16)).unwrap();
        assert!(report.objects.len() <= 1);
    }
    // As many headers as fit, each of them claiming the rest.
    let many: Vec<u8> = elf[..64].repeat(1000);
    assert!(inspect(&module(&many, 1 << 16)).unwrap().objects.len() <= 64);
}
