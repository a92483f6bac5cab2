using System.Text.Json;
using System.Text.Json.Nodes;

namespace MimGrains.ProcessSupport;

// Parent -> child {"id":1,"op":"load","with":{...}}; child -> parent {"id":1,"progress":"..."}* then
// {"id":1,"result":...} or {"id":1,"error":"..."}. Before the first request the child says {"id":0,"result":{...}}: it
// is ready.

/// <summary>A request to a child.</summary>
public sealed record ChildRequest(long Id, string Op, JsonElement With);

/// <summary>What a child answers: progress, or a result, or an error.</summary>
public sealed record ChildReply(long Id, JsonNode? Result = null, string? Error = null, string? Progress = null);

/// <summary>How both sides write JSON.</summary>
public static class JsonLines
{
    /// <summary>Returns the options: camel case, one line, nulls left out.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };
}

/// <summary>A child answered that it could not do what it was asked; the message is its error with its stack.</summary>
public sealed class ChildFailedException(string message) : Exception(message);
