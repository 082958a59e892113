//! Messages arrive as they were sent, and rubbish is found out.

use perfagent_launcher::channel;
use perfagent_launcher::protocol::{
    Bounds, Bytes, Ending, Fact, Family, Finished, Groups, Placement, Purpose, Reply, Request, Run, Setup, Stream,
    Walls,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::fd::AsFd as _;

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..40).prop_map(Bytes)
}

fn setup() -> impl Strategy<Value = Setup> {
    let walls = prop_oneof![Just(Walls::Namespaces), Just(Walls::SelfRestraint)];
    let group = || proptest::option::of(bytes());
    let groups =
        (group(), group(), group(), any::<bool>()).prop_map(|(memory, processes, unified, has_controllers)| Groups {
            memory,
            processes,
            unified,
            has_controllers,
        });
    (walls, [bytes(), bytes()], vec(bytes(), 0..4), any::<Option<u32>>(), groups).prop_map(
        |(walls, [place, programs], visible, program_id, groups)| Setup {
            walls,
            place,
            programs,
            visible,
            program_id,
            groups,
        },
    )
}

fn run() -> impl Strategy<Value = Run> {
    let bounds = any::<([u64; 6], u32)>().prop_map(
        |([wall_ns, cpu_ns, memory_bytes, output_bytes, flood_bytes, file_bytes], processes)| Bounds {
            wall_ns,
            cpu_ns,
            memory_bytes,
            processes,
            output_bytes,
            flood_bytes,
            file_bytes,
        },
    );
    let purpose = prop_oneof![Just(Purpose::Compile), Just(Purpose::Execute)];
    let family = prop_oneof![Just(Family::Native), Just(Family::Script), Just(Family::Managed)];
    let cores = || vec(any::<u32>(), 0..4);
    let placement = (cores(), cores()).prop_map(|(program, launcher)| Placement { program, launcher });
    let lists = [vec(bytes(), 0..4), vec(bytes(), 0..4), vec(bytes(), 0..4)];
    ((purpose, family), any::<String>(), lists, bounds, (placement, any::<bool>())).prop_map(
        |((purpose, family), program, [links, command, environment], bounds, (placement, fixed_addresses))| Run {
            purpose,
            program,
            links,
            command,
            environment,
            bounds,
            family,
            placement,
            fixed_addresses,
        },
    )
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        any::<i32>().prop_map(Ending::Exited),
        any::<u32>().prop_map(Ending::Signaled),
        Just(Ending::Wall),
        Just(Ending::Cpu),
        Just(Ending::Memory),
        Just(Ending::Output),
        Just(Ending::File),
        Just(Ending::Filter),
    ]
}

fn finished() -> impl Strategy<Value = Finished> {
    (ending(), any::<[u64; 14]>(), any::<Option<u64>>(), -1e300..1e300, vec(bytes(), 0..4)).prop_map(
        |(ending, number, peak_charged_bytes, memory_byte_seconds, products)| Finished {
            ending,
            output: Stream { kept: number[0], dropped: number[1] },
            error_output: Stream { kept: number[2], dropped: number[3] },
            wall_ns: number[4],
            user_ns: number[5],
            system_ns: number[6],
            peak_resident_bytes: number[7],
            peak_charged_bytes,
            memory_byte_seconds,
            samples: number[8],
            leftovers: number[9],
            voluntary_switches: number[10],
            involuntary_switches: number[11],
            major_faults: number[12],
            minor_faults: number[13],
            products,
        },
    )
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![setup().prop_map(Request::Setup), run().prop_map(|run| Request::Run(Box::new(run)))]
}

fn reply() -> impl Strategy<Value = Reply> {
    let fact = any::<(String, Option<String>)>().prop_map(|(name, missing)| Fact { name, missing });
    prop_oneof![
        vec(fact, 0..4).prop_map(Reply::Ready),
        finished().prop_map(|finished| Reply::Finished(Box::new(finished))),
        any::<String>().prop_map(Reply::Failed),
    ]
}

proptest! {
    #[test]
    fn requests_arrive_as_they_were_sent(request in request()) {
        prop_assert_eq!(Request::from_bytes(&request.to_bytes()), Ok(request));
    }

    #[test]
    fn replies_arrive_as_they_were_sent(reply in reply()) {
        prop_assert_eq!(Reply::from_bytes(&reply.to_bytes()), Ok(reply));
    }

    #[test]
    fn cut_or_longer_messages_are_found_out(request in request(), cut in any::<prop::sample::Index>()) {
        let mut bytes = request.to_bytes();
        let length = cut.index(bytes.len());
        prop_assert!(Request::from_bytes(&bytes[..length]).is_err());
        bytes.push(0);
        prop_assert!(Request::from_bytes(&bytes).is_err());
    }

    #[test]
    fn rubbish_does_no_harm(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Request::from_bytes(&bytes);
        let _ = Reply::from_bytes(&bytes);
    }
}

#[test]
fn descriptors_travel_beside_messages() {
    let (here, there) = channel::pair().unwrap();
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let file = File::open("/dev/null").unwrap();
    channel::send(here.as_fd(), b"message", &[writer.as_fd(), file.as_fd()]).unwrap();
    let mut buffer = [0; 100];
    let (length, mut files) = channel::receive(there.as_fd(), &mut buffer).unwrap();
    assert_eq!((&buffer[..length], files.len()), (&b"message"[..], 2));
    writer.write_all(b"a").unwrap();
    drop(writer);
    File::from(files.remove(0)).write_all(b"b").unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "ab");
    assert!(File::from(files.remove(0)).rewind().is_ok());
    drop(here);
    assert_eq!(channel::receive(there.as_fd(), &mut buffer).unwrap().0, 0);
}

#[test]
fn a_message_that_does_not_fit_is_an_error() {
    let (here, there) = channel::pair().unwrap();
    channel::send(here.as_fd(), &[1; 100], &[]).unwrap();
    assert!(channel::receive(there.as_fd(), &mut [0; 10]).is_err());
}
