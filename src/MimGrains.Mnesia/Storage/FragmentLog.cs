using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MimGrains.Mnesia.Storage.Pages;
using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Storage;

// Rows of a fragment: one manifest, a ring of log slots, pages and indexes of runs.
// What makes it safe:
//   - A log row is written only over the row one round before it (or where nothing is), by its version: of two writers of one
//     number one wins, and a writer that slept through a round always loses. No slot is ever removed while the fragment lives.
// - The manifest is changed by its version only, and whoever opens the fragment changes it: older writers can compact no
// more.
//   - The opener ends its reading with a row of its own at the end of the log: older writers can append no more.
//   - Pages are written under ids that no other writer uses, count when the manifest names them, and go when it does not.
/// <summary>The durable side of one fragment, over a row store.</summary>
internal sealed partial class FragmentLog : IFragmentLog
{
    // Marks of openings get rows that appends do not: or a full log could not be opened.
    private const int ReservedSlots = 16;

    private readonly FragmentName _name;
    private readonly RowKeys _keys;
    private readonly RowCaller _rows;
    private readonly RunReader _reader;
    private readonly PageCache _cache;
    private readonly FragmentStorageOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();

    // One change of the manifest at a time, and one compaction.
    private readonly SemaphoreSlim _manifestTurn = new(1, 1);
    private readonly SemaphoreSlim _compactionTurn = new(1, 1);

    private Manifest _manifest = Manifest.Empty(1);

    // The number of the next row of the ring.
    private long _next;
    private int _manifestVersion;
    private State _state;
    private Exception? _failure;

    public FragmentLog(
        FragmentName name,
        IRowStore store,
        SemaphoreSlim turns,
        PageCache cache,
        FragmentStorageOptions options,
        TimeProvider time,
        ILogger logger)
    {
        _name = name;
        _keys = new RowKeys(name);
        _rows = new RowCaller(name, store, turns, options, time);
        _reader = new RunReader(name, _rows, _keys, options);
        _cache = cache;
        _options = options;
        _logger = logger;
    }

    private enum State
    {
        New,
        Opening,
        Open,
        Deleting,
        Closed,
    }

    public long NextNumber => _inParts is { } begun ? begun.Number : _next;

    public async Task<FragmentImage> OpenAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_state != State.New)
            {
                throw new InvalidOperationException($"Fragment {_name} was opened already.");
            }

            _state = State.Opening;
        }

        var mark = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        await ChangeManifestAsync(manifest => manifest.OpenedBy(mark), isOpening: true, cancellationToken);
        if (_manifest.IsDeleted)
        {
            // It was being deleted, and whoever did so has not come to the end.
            await RemoveAllAsync(cancellationToken);
            await ChangeManifestAsync(manifest => manifest.OpenedBy(mark), isOpening: true, cancellationToken);
        }

        _next = _manifest.CompactedThrough + 1;
        _lastHash = _manifest.ChainHash;
        return new Image(this);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_state == State.Closed)
            {
                return;
            }

            _state = State.Closed;
        }

        await _closing.CancelAsync();
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private void RequireOpen()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_state == State.Closed, this);
            if (_failure is { } failure)
            {
                throw failure is FragmentFencedException
                    ? new FragmentFencedException(failure.Message)
                    : new FragmentCorruptException(failure.Message);
            }

            if (_state != State.Open)
            {
                throw new InvalidOperationException($"Fragment {_name} is not open: open it and read the rows to their end.");
            }
        }
    }

    // From here on nothing is acknowledged any more.
    private Exception Fail(Exception exception)
    {
        lock (_lock)
        {
            _failure ??= exception;
        }

        return exception;
    }

    private FragmentCorruptException Corrupt(string what) =>
        (FragmentCorruptException)Fail(new FragmentCorruptException($"Fragment {_name}: {what}."));

    private FragmentFencedException Fenced(string what) =>
        (FragmentFencedException)Fail(new FragmentFencedException($"Fragment {_name}: {what}; this writer must stop."));

    private sealed class Image(FragmentLog log) : FragmentImage
    {
        private readonly Manifest _manifest = log._manifest;

        public override ReadOnlyMemory<byte> State => _manifest.State;

        public override long CompactedThrough => _manifest.CompactedThrough;

        public override long MaxRecords => _manifest.Runs.Sum(run => run.Entries);

        public override long PageBytes => _manifest.Runs.Sum(run => run.SizeBytes);

        public override IAsyncEnumerable<IReadOnlyList<StoredEntry>> RecordsAsync(CancellationToken cancellationToken) =>
            log.ScanRunsAsync(default, cancellationToken);

        public override IAsyncEnumerable<LogRow> RowsAsync(CancellationToken cancellationToken) =>
            log.ReadLogAsync(cancellationToken);
    }
}
