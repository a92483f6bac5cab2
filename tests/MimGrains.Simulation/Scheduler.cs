namespace MimGrains.Simulation;

/// <summary>Virtual time: what is due next runs next, ties in the order in which they were planned.</summary>
internal sealed class Scheduler(bool traces)
{
    private const int TraceLines = 400;

    // The lower bits of a key keep the order in which events were planned.
    private const int OrderBits = 24;

    private readonly PriorityQueue<Action, long> _events = new();
    private readonly Queue<string> _trace = new();
    private long _order;

    public long NowMicros { get; private set; }

    public string Trace => string.Join('\n', _trace);

    public void After(long delayMicros, Action action)
    {
        if (_order >> OrderBits > 0)
        {
            throw new InvalidOperationException($"More than {_order} events in a run.");
        }

        _events.Enqueue(action, ((NowMicros + delayMicros) << OrderBits) | _order++);
    }

    public void RunUntil(long untilMicros)
    {
        while (_events.TryPeek(out var action, out var key) && key >> OrderBits <= untilMicros)
        {
            _events.Dequeue();
            NowMicros = key >> OrderBits;
            action();
        }

        NowMicros = untilMicros;
    }

    public void Log([System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("")] ref TraceText text)
    {
        if (traces)
        {
            _trace.Enqueue($"{NowMicros,9} {text.ToString()}");
            if (_trace.Count > TraceLines)
            {
                _trace.Dequeue();
            }
        }
    }

    /// <summary>Makes the text only in a run that traces.</summary>
    [System.Runtime.CompilerServices.InterpolatedStringHandler]
    internal readonly ref struct TraceText(int literals, int holes, Scheduler scheduler, out bool isWanted)
    {
        private readonly System.Text.StringBuilder? _text = (isWanted = scheduler.Traces) ? new(literals + (8 * holes)) : null;

        public TraceText(int literals, int holes, SimNode node, out bool isWanted)
            : this(literals, holes, node.Scheduler, out isWanted)
        {
        }

        public void AppendLiteral(string value) => _text!.Append(value);

        public void AppendFormatted<T>(T value) => _text!.Append(value);

        public override string ToString() => _text?.ToString() ?? "";
    }

    private bool Traces => traces;
}
