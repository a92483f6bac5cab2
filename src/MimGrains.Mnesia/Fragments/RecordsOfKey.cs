using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Fragments;

/// <summary>What writes make of the records of a key, in bytes.</summary>
internal static class RecordsOfKey
{
    public static void Apply(bool isBag, in FragmentWrite write, List<byte[]> records)
    {
        var record = write.Record;
        switch (write.Kind)
        {
            case WriteKind.Put when !isBag:
                records.Clear();
                records.Add(record.ToArray());
                break;
            case WriteKind.Put when !records.Exists(held => record.Span.SequenceEqual(held)):
                records.Add(record.ToArray());
                break;
            case WriteKind.Put:
                break;
            case WriteKind.DeleteObject:
                records.RemoveAll(held => record.Span.SequenceEqual(held));
                break;
            default:
                records.Clear();
                break;
        }
    }
}
