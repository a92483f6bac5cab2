using System.Buffers;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>A tuple, or a record: its parts one after another.</summary>
internal sealed class FieldsPart<T>(Field<T>[] fields, Func<KeyReader, T> read) : KeyPart<T>
{
    public override void Write(T value, IBufferWriter<byte> output)
    {
        foreach (var field in fields)
        {
            field.Write(value, output);
        }
    }

    public override T Read(KeyReader reader) => read(reader);
}

/// <summary>One part of a tuple or record, as it is written.</summary>
internal abstract class Field<T>
{
    public abstract void Write(T owner, IBufferWriter<byte> output);
}

internal sealed class Field<T, TField>(Func<T, TField> get, KeyPart<TField> part) : Field<T>
{
    public override void Write(T owner, IBufferWriter<byte> output) => part.Write(get(owner), output);
}
