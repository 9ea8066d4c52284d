package io.batchmount.launcher.outputs;

import com.azure.core.credential.AzureNamedKeyCredential;
import com.azure.core.credential.AzureSasCredential;
import com.azure.core.credential.TokenCredential;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import java.net.URI;
import java.util.List;
import java.util.Objects;

/**
 * Credentials for destinations whose address carries no SAS. The methods may be called from several
 * threads.
 */
@FunctionalInterface
public interface DestinationAccess {
  /** A service that takes files. */
  enum Service {
    /** Containers. */
    BLOB,
    /** File shares. */
    FILE
  }

  /**
   * A destination without its SAS.
   *
   * @param service whose
   * @param address of the container or share as written, without a query
   */
  record Place(Service service, URI address) {
    /** Refuses null. */
    public Place {
      Objects.requireNonNull(service, "service");
      Objects.requireNonNull(address, "address");
    }
  }

  /**
   * What signs requests to a destination.
   *
   * @return the credential; never null
   * @throws DestinationAccessException if there is none
   */
  DestinationCredential credentialFor(Place destination);

  /**
   * The endpoint under which a destination is reached, where a setting sends an account's requests
   * elsewhere (an emulator, a private endpoint).
   *
   * @return the address of the container or share to be used for requests
   */
  default URI reachedAt(Place destination) {
    return destination.address();
  }

  /** Further steps of the requests to a destination, such as taking over a renewed secret. */
  default List<HttpPipelinePolicy> policiesFor(Place destination) {
    return List.of();
  }

  /**
   * The address of a container in the linked account, for destinations that name a file group.
   *
   * @param container its name
   * @throws DestinationAccessException if no account is linked
   */
  default URI autoStorage(String container) {
    throw new DestinationAccessException(
        "container " + container + " of autoStorage: no storage account is linked", null);
  }

  /**
   * The credential of a user-assigned managed identity.
   *
   * @param resourceId as an {@code identityReference} gives it
   */
  default DestinationCredential identity(String resourceId) {
    return new DestinationCredential.Token(
        new ManagedIdentityCredentialBuilder().resourceId(resourceId).build());
  }

  /** Addresses must carry a SAS or name a public container. */
  static DestinationAccess sasOnly() {
    return destination -> new DestinationCredential.Anonymous();
  }

  /** What signs requests. */
  sealed interface DestinationCredential {
    /**
     * An account key.
     *
     * @param credential account name and key
     */
    record Key(AzureNamedKeyCredential credential) implements DestinationCredential {
      /** Refuses null. */
      public Key {
        Objects.requireNonNull(credential, "credential");
      }
    }

    /**
     * A SAS.
     *
     * @param credential its token
     */
    record Sas(AzureSasCredential credential) implements DestinationCredential {
      /** Refuses null. */
      public Sas {
        Objects.requireNonNull(credential, "credential");
      }
    }

    /**
     * An identity.
     *
     * @param credential gives tokens
     */
    record Token(TokenCredential credential) implements DestinationCredential {
      /** Refuses null. */
      public Token {
        Objects.requireNonNull(credential, "credential");
      }
    }

    /** Nothing. */
    record Anonymous() implements DestinationCredential {}
  }
}
