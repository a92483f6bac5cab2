using MimGrains.Core.Replication;
using MimGrains.Core.Watch;

namespace MimGrains.Core.Tests;

public sealed class WatchResumeTests
{
    [Fact]
    public void A_reader_that_goes_on_elsewhere_learns_of_a_delete_that_found_nothing_there()
    {
        var a = Sample.First(Sample.A);
        var b = Sample.Join(Sample.B, a);
        a.RecordChanges(10, long.MaxValue, () => { });
        b.RecordChanges(10, long.MaxValue, () => { });
        var at = b.BeginWatch();

        // a deletes what it has not got yet; what b has shown meanwhile comes to a too late to be shown.
        a.Delete(1, nowMicros: 200);
        b.Insert(1, "seen at b", nowMicros: 100);
        List<Change<int, string>> changes = [];
        at = b.ReadChanges(at, 10, changes)!;
        Assert.Equal("seen at b", Assert.Single(changes).New);
        Sample.Deliver(b, a);
        Assert.Null(a.Get(1));

        changes.Clear();
        at = a.ResumeWatch(at)!;
        at = a.ReadChanges(at, 10, changes)!;
        Assert.Equal((ChangeKind.Deleted, 1), (Assert.Single(changes).Kind, changes[0].Key));

        // Who has read here all the time has nothing to learn from such a delete.
        a.Delete(2, nowMicros: 300);
        a.Insert(3, "x", nowMicros: 300);
        changes.Clear();
        a.ReadChanges(at, 1, changes);
        Assert.Equal(3, Assert.Single(changes).Key);
    }
}
