using System.Diagnostics;
using System.Net.Sockets;
using MimGrains.Core.Crashes;

namespace MimGrains.Cets.Crashes;

internal sealed partial class CrashWatcher
{
    /// <summary>The watch of one incarnation: takes one step after the other until membership says that it is gone.</summary>
    private sealed class Watch
    {
        private readonly CrashWatcher _watcher;
        private readonly SiloAddress _silo;
        private readonly string _name;
        private readonly CancellationTokenSource _ending;
        private readonly IncarnationWatch _watch = new();
        private readonly Task _running;
        private volatile bool _isSuspected;
        private Dialled _dialled;
        private bool _isTold;
        private long _closedAt;

        public Watch(CrashWatcher watcher, SiloAddress silo, CancellationToken stopping)
        {
            _watcher = watcher;
            _silo = silo;
            _name = silo.ToParsableString();
            _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            _running = Task.Run(RunAsync, CancellationToken.None);
        }

        public bool IsSuspected => _isSuspected;

        public async Task EndAsync()
        {
            await _ending.CancelAsync();
            await _running;
            _ending.Dispose();
        }

        private async Task RunAsync()
        {
            try
            {
                while (true)
                {
                    var seen = await TakeAsync(_watch.Next);
                    var next = _watch.On(seen);
                    _isSuspected = _watch.IsSuspected;
                    Tell(seen, next);
                }
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                if (_watch.IsProvedDead && !_watcher._stopping.IsCancellationRequested)
                {
                    LogGone(_watcher._logger, _name, (long)Stopwatch.GetElapsedTime(_closedAt).TotalMilliseconds);
                }
            }
            catch (Exception exception)
            {
                LogFailed(_watcher._logger, exception, _name);
            }
            finally
            {
                _dialled.Line?.Dispose();
            }
        }

        private async Task<WatchEvent> TakeAsync(WatchStep step)
        {
            var options = _watcher._options;
            switch (step)
            {
                case WatchStep.HoldLine:
                    return await HoldAsync();
                case WatchStep.AskWitnesses:
                    return await _watcher.AskWitnessesAsync(_silo, _ending.Token);
                case WatchStep.Declare:
                    await _watcher.DeclareAsync(_silo, _ending.Token);
                    return WatchEvent.NotDeclared;
                case WatchStep.DialLater:
                    await Task.Delay(options.RedialPause, _watcher._time, _ending.Token);
                    return await DialAsync();
                case WatchStep.DialAfterLonePause:
                    await Task.Delay(options.LonePause, _watcher._time, _ending.Token);
                    return await DialAsync();
                default:
                    return await DialAsync();
            }
        }

        private async Task<WatchEvent> DialAsync()
        {
            _dialled = await _watcher._dialer.DialAsync(_silo, _ending.Token);
            switch (_dialled.Outcome)
            {
                case DialOutcome.Answered:
                    return WatchEvent.Answered;
                case DialOutcome.Refused:
                    return WatchEvent.Refused;
                case DialOutcome.Restarted:
                    return WatchEvent.Restarted;
                case DialOutcome.HoldsUsForDead:
                    await _watcher.LearnOwnDeathAsync(_silo, _ending.Token);
                    return WatchEvent.Unanswered;
                default:
                    return WatchEvent.Unanswered;
            }
        }

        private async Task<WatchEvent> HoldAsync()
        {
            using var line = _dialled.Line!;
            var buffer = new byte[1];
            try
            {
                while (await line.ReceiveAsync(buffer, _ending.Token) > 0)
                {
                    // Nothing is said on a line; a later version may.
                }
            }
            catch (SocketException)
            {
                // Reset: the process ended with something unread, or the way is gone.
            }

            _closedAt = Stopwatch.GetTimestamp();
            return WatchEvent.LineClosed;
        }

        private void Tell(WatchEvent seen, WatchStep next)
        {
            var logger = _watcher._logger;
            switch (next)
            {
                case WatchStep.HoldLine:
                    _isTold = true;
                    LogHeld(logger, _name);
                    break;
                case WatchStep.AskWitnesses:
                    LogSuspected(logger, _name, _dialled.Detail);
                    break;
                case WatchStep.Declare:
                    _closedAt = _closedAt == 0 ? Stopwatch.GetTimestamp() : _closedAt;
                    LogProved(logger, _name, _dialled.Detail, seen);
                    break;
                case WatchStep.DialAfterLonePause:
                    LogAlone(logger, _name, _watcher._options.LonePause.TotalMilliseconds);
                    break;
                case WatchStep.DialLater when seen == WatchEvent.WitnessDisagrees:
                    LogContradicted(logger, _name, _silo.Endpoint.ToString());
                    break;
                case WatchStep.DialLater when !_isTold && seen != WatchEvent.NotDeclared:
                    _isTold = true;
                    LogUnwatched(logger, _name, _dialled.Detail);
                    break;
            }
        }
    }
}
