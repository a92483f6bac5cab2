using MimGrains.Core.Transactions;

namespace MimGrains.Mnesia.Fragments;

// call -> gathered with the others of this silo while earlier ones are under way -> one request -> answers; a ticket for whoever
// waits for locks.
/// <summary>Carries the calls of this silo to one fragment on another one. Thread-safe.</summary>
internal sealed class FragmentLink(IFragmentGrain fragment)
{
    // So many requests are under way at once; what comes meanwhile gathers for the next one.
    private const int RequestsMost = 4;
    private const int CallsPerRequest = 256;
    private const long BytesPerRequest = 2 * 1_024 * 1_024;

    private static readonly FragmentReply Told = new(AnswerKind.Resolved, 0, "", [], default);

    private readonly Lock _gate = new();
    private readonly Queue<Call> _gathering = new();
    private int _requests;

    public Task<FragmentReply> AskAsync(FragmentRequest request)
    {
        var call = new Call(request);
        lock (_gate)
        {
            _gathering.Enqueue(call);
            if (_requests == RequestsMost)
            {
                return call.Task;
            }

            _requests++;
        }

        // Apart from the caller, which may be a grain: its turns are its own.
        ThreadPool.UnsafeQueueUserWorkItem(link => _ = link.RunAsync(), this, preferLocal: true);
        return call.Task;
    }

    private async Task RunAsync()
    {
        while (TakeGathered() is { Count: > 0 } calls)
        {
            try
            {
                if (!calls.Exists(call => call.Request.HasAnswer))
                {
                    // Lost, it is as if the coordinator were: leases end locks, deciders are asked.
                    await fragment.Tell([.. calls.Select(call => call.Request)]);
                    calls.ForEach(call => call.Answer(Told));
                    continue;
                }

                var replies = await fragment.Ask([.. calls.Select(call => call.Request)]);
                for (var index = 0; index < calls.Count; index++)
                {
                    if (replies[index].Ticket != 0)
                    {
                        _ = AwaitAsync(calls[index], replies[index].Ticket);
                    }
                    else
                    {
                        calls[index].Answer(replies[index]);
                    }
                }
            }
            catch (Exception exception)
            {
                calls.ForEach(call => call.Fail(exception));
            }
        }
    }

    private async Task AwaitAsync(Call call, long ticket)
    {
        try
        {
            call.Answer(await fragment.Await(ticket));
        }
        catch (Exception exception)
        {
            call.Fail(exception);
        }
    }

    private List<Call> TakeGathered()
    {
        lock (_gate)
        {
            List<Call> calls = [];
            var bytes = 0L;
            while (calls.Count < CallsPerRequest && bytes < BytesPerRequest && _gathering.TryDequeue(out var call))
            {
                calls.Add(call);
                bytes += call.Request.WriteBytes;
            }

            if (calls.Count == 0)
            {
                _requests--;
            }

            return calls;
        }
    }

    private sealed class Call(FragmentRequest request)
    {
        private readonly TaskCompletionSource<FragmentReply> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public FragmentRequest Request => request;

        public Task<FragmentReply> Task => _done.Task;

        public void Answer(FragmentReply reply) => _done.TrySetResult(reply);

        public void Fail(Exception exception) => _done.TrySetException(exception);
    }
}
