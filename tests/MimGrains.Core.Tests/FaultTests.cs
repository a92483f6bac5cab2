using MimGrains.Core.Replication;
using MimGrains.Core.Store;

namespace MimGrains.Core.Tests;

/// <summary>Functions of a definition that throw on the silo that receives a write: it is applied, and they are reported.</summary>
public sealed class FaultTests
{
    private readonly List<string> _faults = [];

    [Fact]
    public void A_write_is_applied_and_removed_with_its_writer_although_functions_of_the_definition_throw_here()
    {
        var a = Sample.First(Sample.A);
        var b = new TableReplica<int, string>(
            Sample.B,
            new TableSchema<int, string>
            {
                Order = Sample.Schema.Order,
                PrefixIndex = (typeof(Tens), static key => throw new FormatException($"prefix {key}")),
                ShareKey = static key => throw new FormatException($"share {key}"),
                OwnerOf = static (key, _) => throw new FormatException($"owner {key}"),
                OnFault = _faults.Add,
            },
            new SampleCodec());
        b.Greet(a);
        b.TakeDump(a);
        a.Insert(1, "one", nowMicros: 100);
        Sample.Deliver(a, b);
        Assert.Equal("one", b.Get(1));
        Assert.Contains("the prefix fails for key 1, which scans by it do not find: prefix 1", _faults);
        Assert.Contains("sharing fails for key 1, which stays as it is: share 1", _faults);

        b.OnDead(Sample.A);
        var sweep = b.BeginSweep()!;
        while (sweep.Find(maxLooks: 10, maxFound: 10))
        {
            sweep.Remove();
        }

        sweep.Remove();
        Assert.Null(b.Get(1));
        Assert.Contains("the owner fails for key 1, whose record belongs to its writer: owner 1", _faults);

        // Its own writes are refused before anything is kept of them.
        Assert.Throws<FormatException>(() => b.Insert(2, "two", nowMicros: 200));
        Assert.Equal(0, b.LastSequence);
    }
}
