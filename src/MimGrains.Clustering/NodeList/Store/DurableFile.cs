using System.Runtime.InteropServices;

namespace MimGrains.Clustering.NodeList;

/// <summary>Writes files that are there after a power cut.</summary>
internal static partial class DurableFile
{
    /// <summary>Puts a file in the place of another one. When this returns, content and name are on the disk.</summary>
    /// <exception cref="IOException">The file is the old one or the new one.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not write there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    // .NET opens no folders, so this asks the C library. Windows has no such call: its file system keeps the order by itself.
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw Failed(folder);
        }

        try
        {
            if (FSync(descriptor) != 0)
            {
                throw Failed(folder);
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failed(string folder) =>
        new($"fsync of {folder}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
