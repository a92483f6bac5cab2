namespace MimGrains.Histories;

/// <summary>A run has shown that the code under test, or what a fault made of it, breaks an invariant.</summary>
public sealed class InvariantException(string message) : Exception(message);
