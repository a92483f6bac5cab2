namespace MimGrains.Mnesia.Storage;

/// <summary>Makes the logs of fragments. One for a silo.</summary>
internal interface IFragmentLogFactory
{
    /// <summary>Returns a log that is not open yet.</summary>
    /// <exception cref="ArgumentException">The name cannot be stored.</exception>
    IFragmentLog Create(FragmentName name);

    /// <summary>Returns the row of a table.</summary>
    TableRow TableOf(string name);
}
