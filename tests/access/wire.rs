//! Calls made from descriptors alone: any RPC, its message filled by the names of its fields.

use bytes::{Buf as _, BufMut as _};
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use std::collections::BTreeSet;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

/// Bytes as they are.
#[derive(Debug, Clone, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// A request of somebody, or of nobody.
pub fn signed<T>(token: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    request
}

/// Calls a path with one message, of whatever kind the RPC is; the first answer, if there is one.
pub async fn call(
    channel: &Channel,
    path: &str,
    token: Option<&str>,
    message: Vec<u8>,
) -> Result<Option<Vec<u8>>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path: http::uri::PathAndQuery = path.parse().unwrap();
    let request = signed(token, tokio_stream::once(message));
    let mut answers = client.streaming(request, path, Raw).await?.into_inner();
    answers.message().await
}

/// Everything the server says that it serves: paths, and the descriptors of their messages.
pub async fn reflected(channel: &Channel, token: &str) -> (Vec<String>, DescriptorPool) {
    let services = ask(channel, token, MessageRequest::ListServices(String::new())).await;
    let Some(MessageResponse::ListServicesResponse(list)) = services else { unreachable!("no list") };
    let mut files: Vec<Vec<u8>> = Vec::new();
    for service in &list.service {
        let asked = MessageRequest::FileContainingSymbol(service.name.clone());
        files.extend(file(ask(channel, token, asked).await));
    }
    let mut known = BTreeSet::new();
    let mut set = prost_reflect::prost_types::FileDescriptorSet::default();
    while let Some(bytes) = files.pop() {
        let file_descriptor =
            prost_reflect::prost_types::FileDescriptorProto::decode(bytes.as_slice()).unwrap();
        if !known.insert(file_descriptor.name().to_owned()) {
            continue;
        }
        for name in &file_descriptor.dependency {
            files.extend(file(ask(channel, token, MessageRequest::FileByFilename(name.clone())).await));
        }
        set.file.push(file_descriptor);
    }
    let pool = DescriptorPool::from_file_descriptor_set(set).unwrap();
    let named: BTreeSet<&str> = list.service.iter().map(|service| service.name.as_str()).collect();
    let paths = pool
        .services()
        .filter(|service| named.contains(service.full_name()))
        .flat_map(|service| {
            let paths = service.methods().map(|method| format!("/{}/{}", service.full_name(), method.name()));
            paths.collect::<Vec<_>>()
        })
        .collect();
    (paths, pool)
}

async fn ask(channel: &Channel, token: &str, asked: MessageRequest) -> Option<MessageResponse> {
    let mut reflection = ServerReflectionClient::new(channel.clone());
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(asked) };
    let answers = reflection.server_reflection_info(signed(Some(token), tokio_stream::once(request))).await;
    let answer: Option<ServerReflectionResponse> = answers.unwrap().into_inner().message().await.unwrap();
    answer?.message_response
}

fn file(answer: Option<MessageResponse>) -> Vec<Vec<u8>> {
    match answer {
        Some(MessageResponse::FileDescriptorResponse(found)) => found.file_descriptor_proto,
        _ => Vec::new(),
    }
}

/// Fills a message: `fill` gives the text of a string field by its name, `chosen` the members of oneofs.
pub fn filled(
    descriptor: MessageDescriptor,
    fill: &impl Fn(&str) -> String,
    chosen: &[&str],
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let alternative = field.containing_oneof().is_some_and(|oneof| oneof.fields().len() > 1);
        let optional = field.containing_oneof().is_some() && !alternative;
        // States of the past are another matter; so is what a message may leave out.
        if optional || alternative && !chosen.contains(&field.name()) || field.name() == "as_of" {
            continue;
        }
        if let Some(value) = value(&field, fill, chosen) {
            message.set_field(&field, value);
        }
    }
    message
}

fn value(field: &FieldDescriptor, fill: &impl Fn(&str) -> String, chosen: &[&str]) -> Option<Value> {
    let name = field.name();
    if field.is_list() {
        let Kind::Message(inner) = field.kind() else { return None };
        let events = inner.full_name().ends_with(".Event");
        return events.then(|| Value::List(vec![Value::Message(filled(inner, fill, chosen))]));
    }
    Some(match field.kind() {
        Kind::String => Value::String(fill(name)),
        Kind::Bool => Value::Bool(name == "validate_only"),
        Kind::Int32 if name == "year" => Value::I32(2025),
        Kind::Int32 if name.starts_with("page") => Value::I32(0),
        Kind::Int32 if name == "version" || name == "day" => Value::I32(1),
        Kind::Int32 => Value::I32(3),
        Kind::Int64 if name.ends_with("seq") || name == "cursor" => Value::I64(0),
        Kind::Int64 => Value::I64(1_000),
        Kind::Enum(kind) => {
            let square_metres = kind.values().find(|value| value.name().ends_with("SQUARE_METRES"));
            Value::EnumNumber(square_metres.map_or(1, |value| value.number()))
        }
        Kind::Message(inner) if inner.full_name().starts_with("chambre.") => {
            Value::Message(filled(inner, fill, chosen))
        }
        _ => return None,
    })
}

/// The code of a call: of its status, or of the one event that its answer refuses.
pub fn code(answer: &Result<Option<Vec<u8>>, Status>, output: MessageDescriptor) -> Code {
    match answer {
        Err(status) => status.code(),
        Ok(None) => Code::Ok,
        Ok(Some(bytes)) => match DynamicMessage::decode(output, bytes.as_slice()) {
            Ok(message) => refused_inside(&message).unwrap_or(Code::Ok),
            Err(_) => Code::DataLoss,
        },
    }
}

fn refused_inside(message: &DynamicMessage) -> Option<Code> {
    if message.descriptor().full_name() == "google.rpc.Status" {
        let code = message.get_field_by_name("code")?.as_i32()?;
        return (code != 0).then(|| Code::from_i32(code));
    }
    message.fields().find_map(|(_, value)| inside(value))
}

fn inside(value: &Value) -> Option<Code> {
    match value {
        Value::Message(message) => refused_inside(message),
        Value::List(values) => values.iter().find_map(inside),
        _ => None,
    }
}
