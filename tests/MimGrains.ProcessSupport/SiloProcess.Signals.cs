using System.Runtime.InteropServices;

namespace MimGrains.ProcessSupport;

public sealed partial class SiloProcess
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    /// <summary>Kills it at once, without a chance to say goodbye: <c>kill -9</c>. Nothing if it has ended.</summary>
    public void KillHard() => Signal(SigKill);

    /// <summary>Asks it to stop in good order: SIGTERM. Nothing if it has ended.</summary>
    public void Terminate() => Signal(SigTerm);

    /// <summary>Stops all its threads where they are, with sockets open: SIGSTOP.</summary>
    public void Freeze() => Signal(SigStop);

    /// <summary>Lets a frozen process go on: SIGCONT.</summary>
    public void Continue() => Signal(SigCont);

    // The id stays ours until the process was waited for, so a signal can never reach a stranger: after that it is not
    // sent.
    private void Signal(int signal)
    {
        if (_exited.Task.IsCompleted || _process.HasExited)
        {
            return;
        }

        const int noSuchProcess = 3;
        if (Kill(Id, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not noSuchProcess)
        {
            throw new InvalidOperationException($"Signal {signal} to {Name} (process {Id}) failed with error {error}.");
        }
    }

    private void KillTree()
    {
        try
        {
            if (!_exited.Task.IsCompleted)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
