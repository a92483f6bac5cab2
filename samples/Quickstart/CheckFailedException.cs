namespace MimGrains.Samples.Quickstart;

/// <summary>Something was not as the demo promises; the message says what was expected and what was seen.</summary>
internal sealed class CheckFailedException(string message) : Exception(message)
{
    public static void Equal<T>(T expected, T seen, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, seen))
        {
            throw new CheckFailedException($"{what}: expected {expected}, but saw {seen}.");
        }
    }
}
