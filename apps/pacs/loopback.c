/* Preloaded into Orthanc: whatever would listen on every address of this machine listens on
 * 127.0.0.1 alone. Orthanc 1.10 has no setting for it, neither for HTTP nor for DICOM.
 * Declares what it needs itself, so that a compiler without header files can build it. */

#if defined(__x86_64__)
#define SYS_BIND 49
#elif defined(__aarch64__)
#define SYS_BIND 200
#else
#error "The number of the bind system call is not known for this processor."
#endif

#define IPV4 2
#define IPV6 10

extern long syscall(long number, ...);

struct ipv4_address {
    unsigned short family;
    unsigned short port;
    unsigned char address[4];
    unsigned char padding[8];
};

struct ipv6_address {
    unsigned short family;
    unsigned short port;
    unsigned int flow;
    unsigned char address[16];
    unsigned int scope;
};

int bind(int descriptor, const void *address, unsigned int length)
{
    const unsigned short family = *(const unsigned short *)address;
    if (family == IPV4 && length >= sizeof(struct ipv4_address)) {
        struct ipv4_address local = *(const struct ipv4_address *)address;
        local.address[0] = 127;
        local.address[1] = 0;
        local.address[2] = 0;
        local.address[3] = 1;
        return (int)syscall(SYS_BIND, descriptor, &local, length);
    }
    if (family == IPV6 && length >= sizeof(struct ipv6_address)) {
        struct ipv6_address local = *(const struct ipv6_address *)address;
        for (int i = 0; i < 15; i++) {
            local.address[i] = 0;
        }
        local.address[15] = 1;
        return (int)syscall(SYS_BIND, descriptor, &local, length);
    }
    return (int)syscall(SYS_BIND, descriptor, address, length);
}
