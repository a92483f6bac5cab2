using MimGrains.Mnesia.Storage.Rows;

namespace MimGrains.Mnesia.Tests.Storage;

public sealed class FragmentLogOnMemoryTests : FragmentLogContract
{
    private protected override Task<IRowStore> CreateRowsAsync() => Task.FromResult<IRowStore>(new MemoryRows());
}
