using System.Buffers;

namespace MimGrains.Mnesia.Tables.Keys;

/// <summary>A tuple, or a record: its parts one after another.</summary>
internal sealed class FieldsPart<T>(Field<T>[] fields, Func<object?[], T> make) : KeyPart<T>
{
    public override void Write(T value, IBufferWriter<byte> output)
    {
        foreach (var field in fields)
        {
            field.Write(value, output);
        }
    }

    public override T Read(KeyReader reader)
    {
        var values = new object?[fields.Length];
        for (var at = 0; at < fields.Length; at++)
        {
            values[at] = fields[at].Read(reader);
        }

        return make(values);
    }
}

/// <summary>One part of a tuple or record.</summary>
internal abstract class Field<T>
{
    public abstract void Write(T owner, IBufferWriter<byte> output);

    public abstract object? Read(KeyReader reader);
}

internal sealed class Field<T, TField>(Func<T, TField> get, KeyPart<TField> part) : Field<T>
{
    public override void Write(T owner, IBufferWriter<byte> output) => part.Write(get(owner), output);

    public override object? Read(KeyReader reader) => part.Read(reader);
}
