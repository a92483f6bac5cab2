namespace MimGrains.Cli;

/// <summary>Exit codes of <c>mimctl</c>.</summary>
internal static class ExitCode
{
    /// <summary>Done, and all is well.</summary>
    public const int Done = 0;

    /// <summary>Not done; the reason is on standard error.</summary>
    public const int Failed = 1;

    /// <summary>The configuration or the command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Done, and what was found is not as it should be: replicas differ, a node is missing.</summary>
    public const int Found = 3;
}
