namespace MimGrains.Mnesia.Storage;

/// <summary>
/// Another writer has opened the fragment, or has taken the number: this one must stop, and may acknowledge nothing.
/// </summary>
public sealed class FragmentFencedException(string message) : Exception(message);

/// <summary>It is not known whether a row was written, since the database went away in the middle.</summary>
public sealed class LogUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database does not answer or refuses. What was to be written is surely not written.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The log of a fragment has no room, and no compaction is under way.</summary>
public sealed class LogFullException(string message) : Exception(message);

/// <summary>What is stored of a fragment is damaged. The message names the table, the fragment, and the row or page.</summary>
public sealed class FragmentCorruptException(string message) : Exception(message);

/// <summary>A table is stored in another form than its definition wants: nothing of it is read or written.</summary>
public sealed class TableFormException(string message) : Exception(message);
