using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MimGrains.Mnesia.Backups;
using MimGrains.Persistent;

namespace MimGrains.Mnesia.Tests.Backups;

public sealed partial class BackupTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-backup-").FullName;
    private readonly MemoryTransactions _transactions = new();

    private string FilePath => Path.Combine(_folder, "saved");

    public static TheoryData<bool> Forms => [false, true];

    public static TheoryData<bool, RestoreMode, string[]> Modes => new()
    {
        { false, RestoreMode.Clear, ["1=anna:10", "2=bert:20"] },
        { true, RestoreMode.Clear, ["1=anna:10", "2=bert:20"] },
        { false, RestoreMode.Recreate, ["1=anna:10", "2=bert:20"] },
        { false, RestoreMode.Keep, ["1=anna:10", "2=bert:20", "3=cora:30"] },
        { true, RestoreMode.Keep, ["1=anna:10", "2=bert:20", "3=cora:30"] },
        { false, RestoreMode.Skip, ["1=changed:0", "3=cora:30"] },
        { true, RestoreMode.Skip, ["1=changed:0", "3=cora:30"] },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Forms))]
    public async Task What_was_saved_comes_back(bool isText)
    {
        await FillAsync();
        var saved = await SaveAsync(isText);
        Assert.Equal(Now, saved.CreatedAt);
        Assert.Equal([("accounts", 2), ("members", 3)], saved.Tables.Select(table => (table.Name, table.Records)));
        await ChangeAsync();

        var restored = await RestoreAsync(isText);

        Assert.Equal(5, restored.Records);
        Assert.Equal(["1=anna:10", "2=bert:20"], _transactions.Show("accounts"));
        Assert.Equal(["room1=anna:1", "room1=bert:2", "room2=größe:3"], _transactions.Show("members"));
        var inspected = await Backups().InspectAsync(FilePath);
        Assert.Equal(5, inspected.Records);
        Assert.Equal(["mim1@a", "mim2@b"], inspected.Nodes);
    }

    [Theory, MemberData(nameof(Modes))]
    public async Task A_table_is_emptied_kept_or_left_alone(bool isText, RestoreMode mode, string[] expected)
    {
        await FillAsync();
        await SaveAsync(isText);
        await ChangeAsync();

        await RestoreAsync(isText, new RestoreOptions { Default = RestoreMode.Skip, Tables = { ["accounts"] = mode } });

        Assert.Equal(expected, _transactions.Show("accounts"));
        Assert.Equal(["room3=dora:4"], _transactions.Show("members"));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task Only_chosen_tables_are_saved(bool isText)
    {
        await FillAsync();

        var info = await SaveAsync(isText, names: ["members"]);

        Assert.Equal("members", Assert.Single(info.Tables).Name);
        await Assert.ThrowsAsync<NoSuchTableException>(() => SaveAsync(isText, names: ["nobody"]));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_file_that_is_cut_off_anywhere_is_refused_before_anything_changes(bool isText)
    {
        await FillAsync();
        await SaveAsync(isText);
        await ChangeAsync();
        var bytes = await File.ReadAllBytesAsync(FilePath);
        var before = (_transactions.Commits, _transactions.Show("accounts"));

        for (var length = 0; length < bytes.Length - 1; length += isText ? 7 : 1)
        {
            await File.WriteAllBytesAsync(FilePath, bytes[..length]);
            var error = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText));
            Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
            Assert.True(error.Problem is BackupProblem.Foreign or BackupProblem.Damaged);
        }

        Assert.Equal(before, (_transactions.Commits, before.Item2));
        Assert.Equal(before.Item2, _transactions.Show("accounts"));
    }

    [Fact]
    public async Task A_backup_with_any_byte_changed_is_refused()
    {
        await FillAsync();
        await SaveAsync(isText: false);
        var bytes = await File.ReadAllBytesAsync(FilePath);
        for (var place = 0; place < bytes.Length; place++)
        {
            var damaged = bytes.ToArray();
            damaged[place] ^= 0x10;
            await File.WriteAllBytesAsync(FilePath, damaged);
            await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText: false));
        }
    }

    [Theory]
    [InlineData(false, "", BackupProblem.Foreign)]
    [InlineData(false, "just some text that is long enough for a mark", BackupProblem.Foreign)]
    [InlineData(true, "", BackupProblem.Foreign)]
    [InlineData(true, "just some text", BackupProblem.Foreign)]
    [InlineData(true, "{\"dump\":\"other\"}", BackupProblem.Foreign)]
    [InlineData(true, "{\"dump\":\"mimgrains\",\"version\":2}", BackupProblem.LaterVersion)]
    [InlineData(true, "{\"dump\":\"mimgrains\",\"version\":1,\"created\":\"2026-01-01T00:00:00Z\",\"nodes\":[]}\n{}", BackupProblem.Damaged)]
    public async Task A_foreign_file_is_refused(bool isText, string content, BackupProblem problem)
    {
        await File.WriteAllTextAsync(FilePath, content);

        Assert.Equal(problem, (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText))).Problem);
    }

    [Fact]
    public async Task A_backup_of_a_later_version_is_refused()
    {
        await SaveAsync(isText: false);
        var bytes = await File.ReadAllBytesAsync(FilePath);
        bytes[BackupFile.Mark.Length] = 9;
        await File.WriteAllBytesAsync(FilePath, bytes);

        var error = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText: false));

        Assert.Equal(BackupProblem.LaterVersion, error.Problem);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_file_that_is_not_there_or_cannot_be_written_says_so(bool isText)
    {
        Assert.Equal(
            BackupProblem.NotFound, (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText))).Problem);
        var error = await Assert.ThrowsAsync<BackupException>(() => isText
            ? Backups().DumpAsync(Path.Combine(_folder, "none", "x"))
            : Backups().BackupAsync(Path.Combine(_folder, "none", "x")));
        Assert.Equal(BackupProblem.NotAccessible, error.Problem);
        Assert.Equal(
            BackupProblem.NotFound,
            (await Assert.ThrowsAsync<BackupException>(() => Backups().InspectAsync(Path.Combine(_folder, "none", "x")))).Problem);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_table_that_is_not_there_is_refused_unless_it_is_skipped(bool isText)
    {
        await FillAsync();
        await SaveAsync(isText);
        var fewer = new MemoryBackupTables(MemoryBackupTables.Table(MemoryBackupTables.Accounts));

        var error = await Assert.ThrowsAsync<NoSuchTableException>(() => RestoreAsync(isText, null, fewer));
        Assert.Equal("members", error.Table);
        var restored = await RestoreAsync(isText, new RestoreOptions { Tables = { ["members"] = RestoreMode.Skip } }, fewer);

        Assert.Equal("accounts", Assert.Single(restored.Tables).Name);
    }

    [Fact]
    public async Task A_table_of_another_version_needs_to_be_recreated_and_one_with_other_keys_cannot_be()
    {
        await FillAsync();
        var old = new MemoryBackupTables(MemoryBackupTables.Table(MemoryBackupTables.OldAccounts));
        await Backups(old).BackupAsync(FilePath);
        var onlyNew = new MemoryBackupTables(MemoryBackupTables.Table(MemoryBackupTables.Accounts));
        var otherKeys = new MemoryBackupTables(MemoryBackupTables.Table(MemoryBackupTables.OldAccounts, "int32/2"));

        var error = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText: false, null, onlyNew));
        Assert.Equal(BackupProblem.DoesNotFit, error.Problem);
        Assert.Contains("version 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
        await RestoreAsync(isText: false, new RestoreOptions { Default = RestoreMode.Recreate }, onlyNew);
        await Assert.ThrowsAsync<BackupException>(
            () => RestoreAsync(isText: false, new RestoreOptions { Default = RestoreMode.Recreate }, otherKeys));
    }

    [Fact]
    public async Task A_dump_is_JSON_lines_that_people_can_read_and_edit()
    {
        await FillAsync();
        await SaveAsync(isText: true);
        var lines = await File.ReadAllLinesAsync(FilePath);
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
        Assert.Contains("""{"table":"accounts","key":1,"record":{"Owner":"anna","Balance":10}}""", lines);

        await File.WriteAllLinesAsync(FilePath, lines.Select(line => line.Replace("\"anna\"", "\"andrea\"", StringComparison.Ordinal)));
        await RestoreAsync(isText: true);

        Assert.Equal(["1=andrea:10", "2=bert:20"], _transactions.Show("accounts"));
    }

    [Fact]
    public async Task A_record_of_a_dump_that_is_none_is_refused_before_anything_changes()
    {
        await FillAsync();
        await SaveAsync(isText: true);
        var text = await File.ReadAllTextAsync(FilePath);
        await File.WriteAllTextAsync(FilePath, text.Replace("\"Balance\":20", "\"Balance\":\"much\"", StringComparison.Ordinal));
        var commits = _transactions.Commits;

        var error = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(isText: true));

        Assert.Equal(BackupProblem.DoesNotFit, error.Problem);
        Assert.Contains("accounts", error.Message, StringComparison.Ordinal);
        Assert.Equal(commits, _transactions.Commits);
    }

    [Fact]
    public async Task A_record_that_JSON_would_lose_is_refused_when_it_is_dumped()
    {
        await _transactions.TransactionAsync(
            async transaction => await transaction.WriteAsync(MemoryBackupTables.Secrets, 7, new Secretive("shown", "hidden")));
        var secrets = new MemoryBackupTables(MemoryBackupTables.Table(MemoryBackupTables.Secrets));

        var error = await Assert.ThrowsAsync<BackupException>(() => Backups(secrets).DumpAsync(FilePath));

        Assert.Contains("secrets", error.Message, StringComparison.Ordinal);
        Assert.Contains("key 7", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
        await Backups(secrets).BackupAsync(FilePath);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task Saving_that_is_cancelled_leaves_the_file_that_was_there(bool isText)
    {
        await FillManyAsync(5_000);
        await File.WriteAllTextAsync(FilePath, "what was there");
        using var cancellation = new CancellationTokenSource();
        List<BackupProgress> told = [];
        var progress = new ToldProgress(step =>
        {
            told.Add(step);
            cancellation.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => isText
            ? Backups().DumpAsync(FilePath, progress: progress, cancellationToken: cancellation.Token)
            : Backups().BackupAsync(FilePath, progress: progress, cancellationToken: cancellation.Token));

        Assert.Equal(1_000, Assert.Single(told).Records);
        Assert.Equal("what was there", await File.ReadAllTextAsync(FilePath));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_large_restore_is_one_transaction(bool isText)
    {
        await FillManyAsync(12_000);
        await SaveAsync(isText);
        var expected = _transactions.Show("accounts");
        await FillManyAsync(12_500);
        var commits = _transactions.Commits;

        await RestoreAsync(isText);

        Assert.Equal(expected, _transactions.Show("accounts"));
        Assert.Equal(commits + 1, _transactions.Commits);
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_restore_that_fails_half_way_changes_nothing(bool isText)
    {
        await FillAsync();
        await SaveAsync(isText);
        await ChangeAsync();
        var before = _transactions.Show("accounts");
        var start = 0;
        _transactions.BeforeWrite = count =>
        {
            start = start == 0 ? count : start;
            if (count == start + 3)
            {
                throw new InvalidOperationException("test");
            }
        };

        await Assert.ThrowsAsync<InvalidOperationException>(() => RestoreAsync(isText));

        Assert.Equal(before, _transactions.Show("accounts"));
    }

    [Theory, MemberData(nameof(Forms))]
    public async Task A_restore_of_more_than_one_transaction_may_have_goes_in_steps_with_progress_and_is_complete(bool isText)
    {
        await FillManyAsync(12_000);
        await SaveAsync(isText);
        var expected = _transactions.Show("accounts");
        await FillManyAsync(12_500);
        List<BackupProgress> told = [];
        var commits = _transactions.Commits;
        var options = new RestoreOptions { MaxAtomicRecords = 10_000 };

        await (isText
            ? Backups().LoadAsync(FilePath, options, new ToldProgress(told.Add))
            : Backups().RestoreAsync(FilePath, options, new ToldProgress(told.Add)));

        Assert.Equal(expected, _transactions.Show("accounts"));
        Assert.True(_transactions.Commits - commits > 40);
        Assert.True(told.Count > 10);
        Assert.Equal(told.OrderBy(step => step.Records), told);
        Assert.Equal(12_000, told[^1].Records);
        Assert.InRange(told[^1].SizeBytes, 1, new FileInfo(FilePath).Length);
    }

    private PersistentBackups Backups(MemoryBackupTables? tables = null, MemoryNodes? nodes = null) => new(
        tables ?? MemoryBackupTables.All,
        _transactions,
        nodes ?? new MemoryNodes("mim1@a", "mim1@a", "mim2@b"),
        Options.Create(new BackupSettings { DataDirectory = Path.Combine(_folder, "data") }),
        new FakeTimeProvider(Now));

    private Task<BackupInfo> SaveAsync(bool isText, string[]? names = null) =>
        isText ? Backups().DumpAsync(FilePath, names) : Backups().BackupAsync(FilePath, names);

    private Task<BackupInfo> RestoreAsync(bool isText, RestoreOptions? options = null, MemoryBackupTables? tables = null) =>
        isText ? Backups(tables).LoadAsync(FilePath, options) : Backups(tables).RestoreAsync(FilePath, options);

    private Task FillAsync() => _transactions.TransactionAsync(async transaction =>
    {
        await transaction.WriteAsync(MemoryBackupTables.Accounts, 1, new Account("anna", 10));
        await transaction.WriteAsync(MemoryBackupTables.Accounts, 2, new Account("bert", 20));
        await transaction.WriteAsync(MemoryBackupTables.Members, "room1", new Account("anna", 1));
        await transaction.WriteAsync(MemoryBackupTables.Members, "room1", new Account("bert", 2));
        await transaction.WriteAsync(MemoryBackupTables.Members, "room2", new Account("größe", 3));
    });

    private Task ChangeAsync() => _transactions.TransactionAsync(async transaction =>
    {
        await transaction.WriteAsync(MemoryBackupTables.Accounts, 1, new Account("changed", 0));
        await transaction.DeleteAsync(MemoryBackupTables.Accounts, 2);
        await transaction.WriteAsync(MemoryBackupTables.Accounts, 3, new Account("cora", 30));
        await transaction.DeleteAsync(MemoryBackupTables.Members, "room1");
        await transaction.DeleteAsync(MemoryBackupTables.Members, "room2");
        await transaction.WriteAsync(MemoryBackupTables.Members, "room3", new Account("dora", 4));
    });

    private Task FillManyAsync(int count) => _transactions.TransactionAsync(async transaction =>
    {
        for (var i = 0; i < count; i++)
        {
            await transaction.WriteAsync(MemoryBackupTables.Accounts, i, new Account("owner", i));
        }
    });
}
