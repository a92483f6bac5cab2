namespace MimGrains.Benchmarks;

/// <summary>How this program ends.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A case failed, or with <c>--strict</c> a target was missed.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    public const int Interrupted = 130;
}
