namespace MimGrains.Hosting;

/// <summary>The configuration is right, but asks for a part that this version does not have yet.</summary>
public sealed class NotAvailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public NotAvailableException(string message)
        : base(message)
    {
    }
}
