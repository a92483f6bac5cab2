using Orleans.Storage;

namespace MimGrains.Mnesia.Storage.Rows;

/// <summary>What the grain storage keeps: bytes.</summary>
internal sealed class RowState
{
    public ReadOnlyMemory<byte> Content { get; init; }
}

/// <summary>
/// Hands the bytes of rows to the storage as they are: they are written and checked by <see cref="RowFormat"/>.
/// </summary>
internal sealed class RowStateSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new((input as RowState ?? throw Foreign(typeof(T))).Content);

    public T Deserialize<T>(BinaryData input) =>
        new RowState { Content = input.ToMemory() } is T state ? state : throw Foreign(typeof(T));

    private static InvalidOperationException Foreign(Type type) =>
        new($"The storage of persistent tables keeps rows only, not {type.Name}.");
}
