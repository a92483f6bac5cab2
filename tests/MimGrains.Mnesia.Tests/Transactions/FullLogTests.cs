using Microsoft.Extensions.Logging.Abstractions;
using MimGrains.Core.Identity;
using MimGrains.Core.Transactions;
using MimGrains.Mnesia.Fragments;
using MimGrains.Mnesia.Storage;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Mnesia.Tests.Storage;
using CoreId = MimGrains.Core.Transactions.TransactionId;

namespace MimGrains.Mnesia.Tests.Transactions;

/// <summary>A log that is full, as of a silo that died again and again before it could compact, must not keep its fragment closed.</summary>
public sealed class FullLogTests : IDisposable
{
    private const int Slots = 64;

    private static readonly FragmentId Id = new("accounts", 0);

    private readonly MemoryRows _rows = new();
    private readonly SemaphoreSlim _turns = new(32);

    public void Dispose() => _turns.Dispose();

    [Fact]
    public async Task A_fragment_whose_log_is_full_is_opened_with_all_that_it_has()
    {
        var written = await FillAsync();

        await using var host = await OpenAsync(1);

        foreach (var key in Enumerable.Range(0, written))
        {
            Assert.Equal([(byte)key], await ReadAsync(host, key));
        }

        var reply = await host.AskAsync(new FragmentRequest
        {
            Kind = FragmentRequestKind.Write, Sender = "s", Writes = [new WireWrite(WriteKind.Put, [1], [99])],
        });
        Assert.Equal(AnswerKind.Written, reply.Kind);
    }

    [Fact]
    public async Task A_fragment_can_be_opened_again_and_again_by_silos_that_do_nothing_else()
    {
        var written = await FillAsync();
        for (var epoch = 1; epoch <= 2 * Slots; epoch++)
        {
            await using var host = await OpenAsync(epoch);
            Assert.Equal([(byte)(written - 1)], await ReadAsync(host, written - 1));
        }
    }

    // Appends until nothing more goes, and compacts nothing.
    private async Task<int> FillAsync()
    {
        await using var log = NewLog();
        await foreach (var row in (await log.OpenAsync(default)).RowsAsync(default))
        {
            Assert.Fail($"row {row.Number}");
        }

        for (var key = 0; ; key++)
        {
            var put = new FragmentWrite(WriteKind.Put, new[] { (byte)key }, new[] { (byte)key });
            var entry = new LogEntry(LogEntryKind.Dirty, new CoreId(new ReplicaId(""), 0), 0, default, [], [put]);
            var row = LogRowCodec.Encode(Id, key + 1, [entry]);
            if (await Record.ExceptionAsync(() => log.AppendAsync(log.NextNumber, row, default)) is { } full)
            {
                Assert.IsType<LogFullException>(full);
                return key;
            }
        }
    }

    private async Task<FragmentHost> OpenAsync(long epoch)
    {
        var log = NewLog();
        var host = new FragmentHost(
            Id, new FragmentOwner(epoch, new ReplicaId("s")), new PagedStore(log, isBag: false), log, _ => false, TimeProvider.System,
            NullLogger.Instance);
        await host.OpenAsync(hasRecords: false, default).WaitAsync(TimeSpan.FromSeconds(30));
        return host;
    }

    private static async Task<byte[]> ReadAsync(FragmentHost host, int key)
    {
        var reply = await host.AskAsync(new FragmentRequest
        {
            Kind = FragmentRequestKind.Read, Sender = "s", Locks = [new WireLock([(byte)key], LockMode.Shared)],
        });
        return Assert.Single(reply.Records[0]!);
    }

    private FragmentLog NewLog() => new(
        new FragmentName(Id.Table, "c", Id.Index),
        _rows,
        _turns,
        new PageCache(1 << 20),
        new FragmentStorageOptions { LogSlots = Slots },
        TimeProvider.System,
        NullLogger.Instance);
}
