namespace MimGrains.Mnesia.Storage;

/// <summary>A row of a fragment's log: what was committed together.</summary>
/// <param name="Number">
/// Its place in the log, from 1 on. Not every number has a row that is shown: some are the log's own.
/// </param>
/// <param name="Content">What the writer appended.</param>
internal readonly record struct LogRow(long Number, ReadOnlyMemory<byte> Content);
