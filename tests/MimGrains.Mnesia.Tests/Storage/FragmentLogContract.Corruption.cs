using MimGrains.Mnesia.Storage;

namespace MimGrains.Mnesia.Tests.Storage;

public abstract partial class FragmentLogContract
{
    private const string Prefix = "t/accounts/c1/2/";

    public static TheoryData<string, string> Damages => new()
    {
        { "manifest", "manifest" },
        { "log/22", "log row 23" },
        { "run1f0/0", "page 0 of run1f0" },
        { "run1f0/1", "page 1 of run1f0" },
    };

    [Theory, MemberData(nameof(Damages))]
    public async Task A_damaged_row_is_named(string row, string part)
    {
        await MakeFragmentAsync();
        await Rows.DamageAsync(Prefix + row, bytes =>
        {
            bytes[^3] ^= 1;
            return bytes;
        });

        await AssertCorruptAsync(part, "checksum");
    }

    [Theory, MemberData(nameof(Damages))]
    public async Task A_row_that_is_cut_off_is_named(string row, string part)
    {
        await MakeFragmentAsync();
        await Rows.DamageAsync(Prefix + row, bytes => bytes[..^1]);

        await AssertCorruptAsync(part, "should have");
    }

    [Theory, MemberData(nameof(Damages))]
    public async Task A_row_of_something_else_is_named(string row, string part)
    {
        await MakeFragmentAsync();
        await Rows.DamageAsync(Prefix + row, _ => "{ \"json\": true }"u8.ToArray());

        await AssertCorruptAsync(part, "not a row of MimGrains");
    }

    [Theory, MemberData(nameof(Damages))]
    public async Task A_row_of_a_later_version_is_refused_and_not_misread(string row, string part)
    {
        await MakeFragmentAsync();
        await Rows.DamageAsync(Prefix + row, bytes =>
        {
            bytes[4] = 99;
            return bytes;
        });

        await AssertCorruptAsync(part, "version 99");
    }

    [Fact]
    public async Task A_row_under_the_key_of_another_one_is_noticed()
    {
        await MakeFragmentAsync();
        var page = await Rows.ReadAsync(Prefix + "run1f0/0", CancellationToken.None);
        await Rows.DamageAsync(Prefix + "run1f0/1", _ => page!.Value.Content.ToArray());

        await AssertCorruptAsync("page 1 of run1f0", "checksum");
    }

    [Theory]
    [InlineData("log/22", "log row 23 is missing")]
    [InlineData("run1f0/0", "page 0 of run1f0 is missing")]
    public async Task A_row_that_is_missing_is_named(string row, string message)
    {
        await MakeFragmentAsync();
        Assert.True(await Rows.DeleteAsync(Prefix + row, 0, CancellationToken.None));

        await AssertCorruptAsync(message);
    }

    [Fact]
    public async Task A_manifest_that_is_missing_is_noticed_once_the_log_has_gone_round()
    {
        await using (var fragment = await Fragment.OpenAsync(Rows))
        {
            await fragment.WriteManyAsync(count: 100, keys: 5);
        }

        Assert.True(await Rows.DeleteAsync(Prefix + "manifest", 0, CancellationToken.None));

        await AssertCorruptAsync("log row 1 is missing", "row 65");
    }

    [Fact]
    public async Task A_log_row_of_an_earlier_state_of_the_database_is_noticed()
    {
        // The slot of row 23 as it was before row 23 was written over in another life of the database.
        await MakeFragmentAsync();
        var other = new FaultyRows(new MemoryRows());
        await using (var fragment = await Fragment.OpenAsync(other))
        {
            await fragment.WriteManyAsync(count: 25, keys: 25, value: "other");
        }

        var foreign = await other.ReadAsync(Prefix + "log/22", CancellationToken.None);
        await Rows.DamageAsync(Prefix + "log/22", _ => foreign!.Value.Content.ToArray());

        await AssertCorruptAsync("log row 23", "does not follow");
    }

    [Fact]
    public async Task A_damaged_index_is_named_when_it_is_needed()
    {
        await MakeFragmentAsync();
        await Rows.DamageAsync(Prefix + "run1f0/index/0", bytes => bytes[..^1]);
        await using var fragment = await Fragment.OpenAsync(Rows);

        var error = await Assert.ThrowsAsync<FragmentCorruptException>(() => fragment.ReadAsync("key000003"));

        Assert.Contains("index 0 of run1f0", error.Message, StringComparison.Ordinal);
    }

    // A run of some pages, and rows 22 to 26 behind it.
    private async Task MakeFragmentAsync()
    {
        await using var fragment = await Fragment.OpenAsync(Rows);
        await fragment.WriteManyAsync(count: 20, keys: 200, perRow: 10, value: "some value ");
        await fragment.CompactAsync();
        await fragment.WriteManyAsync(count: 5, keys: 5);
        await fragment.Log.Background;
    }

    private async Task AssertCorruptAsync(params string[] parts)
    {
        await using var fragment = Fragment.Of(Rows);
        var error = await Assert.ThrowsAsync<FragmentCorruptException>(fragment.OpenAsync);
        Assert.Contains("accounts/2", error.Message, StringComparison.Ordinal);
        foreach (var part in parts)
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }
}
