using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace MimGrains.Clustering.NodeList;

/// <summary>Encrypts the discovery port: every node shows a certificate of the cluster's own authority, callers and callees.</summary>
/// <remarks>What comes from the system's trust store does not count: only certificates that the given authority has signed.</remarks>
internal sealed class DiscoveryTls
{
    private readonly SslStreamCertificateContext _own;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2Collection _authorities;

    private DiscoveryTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
    {
        _certificate = certificate;
        _authorities = authorities;
        _own = SslStreamCertificateContext.Create(certificate, authorities, offline: true);
    }

    /// <summary>Reads the files, in PEM.</summary>
    /// <exception cref="DiscoveryTlsException">A file cannot be read or holds something else; the message names it.</exception>
    public static DiscoveryTls Load(string certificateFile, string keyFile, string authorityFile)
    {
        var authorities = new X509Certificate2Collection();
        Read(authorityFile, () => authorities.ImportFromPemFile(authorityFile));
        if (authorities.Count == 0)
        {
            throw new DiscoveryTlsException($"{authorityFile}: holds no certificate in PEM.");
        }

        X509Certificate2? certificate = null;
        Read($"{certificateFile} with the key {keyFile}", () => certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile));
        return new DiscoveryTls(certificate!, authorities);
    }

    /// <summary>Returns what a listener asks of a caller.</summary>
    /// <param name="onRefused">Called when the caller shows no certificate of the authority.</param>
    public SslServerAuthenticationOptions ForServer(Action onRefused) => new()
    {
        ServerCertificateContext = _own,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2],
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            var isOfAuthority = IsOfAuthority(certificate);
            if (!isOfAuthority)
            {
                onRefused();
            }

            return isOfAuthority;
        },
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    /// <summary>Returns what a caller asks of a listener: also that its certificate is for the host that is called.</summary>
    public SslClientAuthenticationOptions ForClient() => new()
    {
        ClientCertificateContext = _own,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            (errors & SslPolicyErrors.RemoteCertificateNameMismatch) == 0 && IsOfAuthority(certificate),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private bool IsOfAuthority(X509Certificate? certificate)
    {
        if (certificate is not X509Certificate2 shown)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(shown);
    }

    private static void Read(string what, Action read)
    {
        try
        {
            read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException
            or System.Security.Cryptography.CryptographicException)
        {
            throw new DiscoveryTlsException($"{what}: cannot be used ({exception.Message}). Expected are files in PEM.", exception);
        }
    }
}

/// <summary>The certificates of the discovery port cannot be used.</summary>
public sealed class DiscoveryTlsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public DiscoveryTlsException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
