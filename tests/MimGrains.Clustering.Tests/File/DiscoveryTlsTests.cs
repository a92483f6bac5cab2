using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MimGrains.Clustering.NodeList;

namespace MimGrains.Clustering.Tests;

public sealed class DiscoveryTlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mimgrains-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Nodes_with_certificates_of_one_authority_answer_each_other()
    {
        var authority = new Authority(_folder, "ours");
        await using var b = await Discovery.StartAsync("b@h2", tls: authority.Issue("b", "127.0.0.1"));
        await using var a = Discovery.Caller(tls: authority.Issue("a", "127.0.0.2"));

        Assert.Equal("HI", await a.CallAsync(b, "hi"));
    }

    [Fact]
    public async Task A_caller_of_another_authority_is_refused_and_told()
    {
        var ours = new Authority(_folder, "ours");
        var theirs = new Authority(_folder, "theirs");
        await using var b = await Discovery.StartAsync("b@h2", tls: ours.Issue("b", "127.0.0.1"));
        await using var stranger = Discovery.Caller(tls: DiscoveryTls.Load(theirs.Write("a", "127.0.0.1"), theirs.KeyOf("a"), ours.Path));

        await stranger.FailAsync(b.Listed, limit: TimeSpan.FromSeconds(10));

        Assert.Contains("it shows no certificate of the authority", await b.Log.NextAsync(ClusteringEventId.CallerRefused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_of_another_authority_or_for_another_host_is_not_believed()
    {
        var ours = new Authority(_folder, "ours");
        var theirs = new Authority(_folder, "theirs");
        await using var a = Discovery.Caller(tls: ours.Issue("a", "127.0.0.1"));
        await using var stranger = await Discovery.StartAsync("b@h2", tls: theirs.Issue("b", "127.0.0.1"));
        await using var elsewhere = await Discovery.StartAsync("c@h3", tls: ours.Issue("c", "10.9.9.9"));

        Assert.StartsWith("TLS failed", await a.FailAsync(stranger.Listed), StringComparison.Ordinal);
        Assert.StartsWith("TLS failed", await a.FailAsync(elsewhere.Listed), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_with_a_right_certificate_too()
    {
        var authority = new Authority(_folder, "ours");
        await using var b = await Discovery.StartAsync("b@h2", tls: authority.Issue("b", "127.0.0.1"));
        await using var a = Discovery.Caller(secret: "another cookie of some length", tls: authority.Issue("a", "127.0.0.1"));

        Assert.StartsWith("wrong secret", await a.FailAsync(b.Listed), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_holds_something_else_is_named()
    {
        var authority = new Authority(_folder, "ours");
        var nonsense = Path.Combine(_folder, "nonsense.pem");
        File.WriteAllText(nonsense, "nothing");
        var certificate = authority.Write("a", "127.0.0.1");

        Assert.Contains($"{nonsense}: holds no certificate", Assert.Throws<DiscoveryTlsException>(
            () => DiscoveryTls.Load(certificate, authority.KeyOf("a"), nonsense)).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{certificate} with the key {nonsense}: cannot be used", Assert.Throws<DiscoveryTlsException>(
            () => DiscoveryTls.Load(certificate, nonsense, authority.Path)).Message, StringComparison.Ordinal);
        Assert.StartsWith("/no/such/file: cannot be used", Assert.Throws<DiscoveryTlsException>(
            () => DiscoveryTls.Load(certificate, nonsense, "/no/such/file")).Message, StringComparison.Ordinal);
    }

    /// <summary>An authority that signs certificates, with its files in a folder.</summary>
    private sealed class Authority
    {
        private readonly string _folder;
        private readonly X509Certificate2 _certificate;

        public Authority(string folder, string name)
        {
            _folder = Directory.CreateDirectory(System.IO.Path.Combine(folder, name)).FullName;
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
            Path = System.IO.Path.Combine(_folder, "ca.pem");
            File.WriteAllText(Path, _certificate.ExportCertificatePem());
        }

        public string Path { get; }

        public DiscoveryTls Issue(string name, string address) => DiscoveryTls.Load(Write(name, address), KeyOf(name), Path);

        public string KeyOf(string name) => System.IO.Path.Combine(_folder, $"{name}.key");

        public string Write(string name, string address)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Parse(address));
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(
                _certificate, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
            var path = System.IO.Path.Combine(_folder, $"{name}.pem");
            File.WriteAllText(path, certificate.ExportCertificatePem());
            File.WriteAllText(KeyOf(name), key.ExportPkcs8PrivateKeyPem());
            return path;
        }
    }
}
