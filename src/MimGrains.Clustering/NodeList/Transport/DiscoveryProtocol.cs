using Grpc.Core;

namespace MimGrains.Clustering.NodeList;

// hello: Hello -> handshake id + nonce; prove: handshake id + proof -> session id + proof;
// call: session id + message number + tag + request -> tag + answer
/// <summary>The three gRPC methods of the discovery port. Messages are bytes: nothing in them needs a schema compiler.</summary>
internal static class DiscoveryProtocol
{
    /// <summary>Length of the id of a handshake and of a session in bytes.</summary>
    public const int IdBytes = 16;

    /// <summary>Largest message, in both directions: a membership table of a thousand silos has about a quarter of it.</summary>
    public const int MessageMaxBytes = 1_024 * 1_024;

    /// <summary>The trailer that names a <see cref="Refusal"/>.</summary>
    public const string RefusalTrailer = "mimgrains-refusal";

    private const string Service = "mimgrains.discovery";

    private static readonly Marshaller<byte[]> Bytes = new(bytes => bytes, bytes => bytes);

    public static Method<byte[], byte[]> Hello { get; } = new(MethodType.Unary, Service, "hello", Bytes, Bytes);

    public static Method<byte[], byte[]> Prove { get; } = new(MethodType.Unary, Service, "prove", Bytes, Bytes);

    public static Method<byte[], byte[]> Call { get; } = new(MethodType.Unary, Service, "call", Bytes, Bytes);
}

/// <summary>Why a node refuses another one. The names are on the wire.</summary>
internal enum Refusal
{
    /// <summary>None: the call failed in another way.</summary>
    None = 0,

    /// <summary>It speaks another version.</summary>
    Version,

    /// <summary>It belongs to another cluster.</summary>
    OtherCluster,

    /// <summary>It is not the node that was meant.</summary>
    OtherNode,

    /// <summary>The secrets differ.</summary>
    WrongSecret,

    /// <summary>The session or the handshake is not known, or not any more: begin again.</summary>
    UnknownSession,

    /// <summary>A message was repeated or changed on its way.</summary>
    BadMessage,

    /// <summary>Too many calls at once or in a short time.</summary>
    Busy,

    /// <summary>The request was understood, but answering it failed.</summary>
    Failed,
}
