use super::*;
use chambre_domain::Reason;

fn name(text: &str) -> OfficerId {
    OfficerId::parse("name", text).unwrap()
}

fn decide(register: &Register, who: &str, decision: Decision) -> Decided {
    register.decide((&name(who), &decision), (&name("root"), 1_751_364_000_000), false, |_| Ok(())).unwrap()
}

fn written() -> (tempfile::TempDir, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let register = Register::open(data.path()).unwrap();
    assert!(!decide(&register, "a", Decision::Register(Rights::Auditor)).replayed);
    assert!(decide(&register, "a", Decision::Register(Rights::Auditor)).replayed);
    decide(&register, "b", Decision::Revoke);
    decide(&register, "a", Decision::Revoke);
    let path = data.path().join(FOLDER).join(FILE);
    (data, path)
}

#[test]
fn the_last_decision_holds_and_every_one_is_kept_over_reopenings() {
    let (data, path) = written();
    let register = Register::open(data.path()).unwrap();
    let standings = register.standings();
    let of = |name: &str| (standings[name].rights.clone(), standings[name].revoked);
    assert_eq!(of("a"), (Rights::Auditor, true));
    assert_eq!(of("b"), (Rights::Nothing, true));
    assert_eq!(standings["a"].at_millis, 1_751_364_000_000);
    assert!(decide(&register, "a", Decision::Revoke).replayed);
    decide(&register, "a", Decision::Register(Rights::Administrator));
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.lines().count(), 4, "a repeat writes nothing: {text}");
    assert!(text.contains(r#""by":"root","act":"registered","name":"a","role":"auditor""#), "{text}");
}

#[test]
fn a_refusal_or_a_check_writes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let register = Register::open(data.path()).unwrap();
    let revoke = (&name("a"), &Decision::Revoke);
    let refused = || Refusal::new(Reason::IdentityOwn, "name", "a");
    let undecided = register.decide(revoke, (&name("a"), 0), false, |_| Err(refused()));
    assert!(matches!(undecided, Err(Undecided::Refused(told)) if told == refused()));
    assert!(!register.decide(revoke, (&name("root"), 0), true, |_| Ok(())).unwrap().replayed);
    assert!(register.standings().is_empty() && !data.path().join(FOLDER).exists());
}

#[test]
fn a_line_changed_removed_or_moved_is_found_and_a_torn_one_goes() {
    let (data, path) = written();
    let sound = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = sound.lines().collect();
    for (changed, line) in [
        (sound.replace("auditor", "officer"), 1),
        (format!("{}\n{}\n", lines[0], lines[2]), 2),
        (format!("{}\n{}\n", lines[1], lines[0]), 1),
    ] {
        std::fs::write(&path, changed).unwrap();
        let told = Register::open(data.path()).unwrap_err().to_string();
        assert!(told.contains(&format!("line {line}:")), "{told}");
    }
    std::fs::write(&path, sound.trim_end_matches("\"}\n")).unwrap();
    let register = Register::open(data.path()).unwrap();
    assert!(!register.standings()["a"].revoked, "what was torn was confirmed to nobody");
    decide(&register, "a", Decision::Revoke);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), sound);
}

#[test]
fn a_copy_goes_out_verified_and_comes_back_and_replaces_nothing() {
    let (data, path) = written();
    let (copy, again) = (data.path().join("copie.log"), tempfile::tempdir().unwrap());
    assert!(backup_identities(data.path(), &copy).unwrap());
    assert!(restore_identities(&copy, again.path()).unwrap());
    let standings = |data: &Path| Register::open(data).unwrap().standings();
    assert_eq!(standings(again.path()), standings(data.path()));
    for refused in [backup_identities(data.path(), &copy), restore_identities(&copy, again.path())] {
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
    assert!(!backup_identities(&data.path().join("nothing"), &data.path().join("none.log")).unwrap());
    std::fs::write(&path, std::fs::read_to_string(&path).unwrap().replace("auditor", "officer")).unwrap();
    let damaged = backup_identities(data.path(), &data.path().join("other.log")).unwrap_err();
    assert_eq!(damaged.kind(), io::ErrorKind::InvalidData);
    assert!(!data.path().join("other.log").exists());
}
