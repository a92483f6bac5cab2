namespace MimGrains.Clustering.NodeList;

/// <summary>Where the text of the node list comes from: a file, or a test.</summary>
internal interface INodeListSource
{
    /// <summary>Returns how logs and errors name it.</summary>
    string Display { get; }

    /// <summary>Returns the whole text and when it was last written.</summary>
    /// <exception cref="IOException">It is not there, too large or cannot be read; the message says which.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    (string Text, DateTimeOffset WrittenAt) Read();

    /// <summary>Calls back, on any thread, when the text may have changed; may miss changes and may call for nothing.</summary>
    /// <returns>What ends it. Null when nothing can be watched now.</returns>
    IDisposable? Watch(Action onChange);
}
