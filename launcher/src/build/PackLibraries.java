import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.JSRInlinerAdapter;

/**
 * Makes the libraries of the distribution fit for class data, which the JVM refuses for two kinds of
 * classes: those of signed jars, and those of a format from before Java 6 (picocli, ASM, x86asm).
 * Signatures are taken out (Maven has compared the checksums when it fetched the jars, and Java
 * checks a signature for nothing here but time), and old classes get today's format: the same code
 * with the stack maps that their format did not have. Run by the build, with ASM on the class path;
 * what is fit already is left as it is.
 */
public final class PackLibraries {
  /** Java 6, the first format with stack maps (JVMS 4.1). */
  private static final int FIRST_MAJOR = 50;

  private PackLibraries() {}

  /** Argument: the directory of the jars. */
  public static void main(String[] arguments) throws IOException {
    List<Path> jars = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of(arguments[0]), "*.jar")) {
      found.forEach(jars::add);
    }
    URL[] urls = new URL[jars.size()];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = jars.get(i).toUri().toURL();
    }
    // stack maps need the common ancestors of classes
    try (URLClassLoader classes = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      for (Path jar : jars) {
        if (needsPacking(jar)) {
          pack(jar, classes);
          System.out.println("packed " + jar.getFileName());
        }
      }
    }
  }

  private static boolean needsPacking(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (isSignature(entry.getName())
            || isClass(entry.getName()) && major(read(zip, entry)) < FIRST_MAJOR) {
          return true;
        }
      }
      return false;
    }
  }

  private static void pack(Path jar, ClassLoader classes) throws IOException {
    Path packed = jar.resolveSibling(jar.getFileName() + ".packed");
    try (ZipFile zip = new ZipFile(jar.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(packed))) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        if (isSignature(entry.getName())) {
          continue;
        }
        byte[] content = read(zip, entry);
        if (isClass(entry.getName()) && major(content) < FIRST_MAJOR) {
          content = renew(content, classes);
        } else if (entry.getName().equals("META-INF/MANIFEST.MF")) {
          content = mainSection(content);
        }
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTime(entry.getTime());
        out.putNextEntry(copy);
        out.write(content);
        out.closeEntry();
      }
    }
    Files.move(packed, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] renew(byte[] old, ClassLoader classes) {
    ClassWriter writer =
        new ClassWriter(ClassWriter.COMPUTE_FRAMES) {
          @Override
          protected ClassLoader getClassLoader() {
            return classes;
          }
        };
    new ClassReader(old)
        .accept(
            new ClassVisitor(Opcodes.ASM9, writer) {
              @Override
              public void visit(
                  int version,
                  int access,
                  String name,
                  String signature,
                  String superName,
                  String[] interfaces) {
                super.visit(Opcodes.V1_8, access, name, signature, superName, interfaces);
              }

              @Override
              public MethodVisitor visitMethod(
                  int access,
                  String name,
                  String descriptor,
                  String signature,
                  String[] exceptions) {
                // subroutines (jsr) are not of today's format
                return new JSRInlinerAdapter(
                    super.visitMethod(access, name, descriptor, signature, exceptions),
                    access,
                    name,
                    descriptor,
                    signature,
                    exceptions);
              }
            },
            ClassReader.SKIP_FRAMES);
    return writer.toByteArray();
  }

  /** The manifest without the digests of single files. */
  private static byte[] mainSection(byte[] manifest) {
    String text = new String(manifest, java.nio.charset.StandardCharsets.UTF_8);
    return (text.split("\\R\\R", 2)[0] + "\r\n\r\n")
        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  private static boolean isSignature(String name) {
    return name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");
  }

  private static boolean isClass(String name) {
    return name.endsWith(".class");
  }

  private static int major(byte[] content) {
    return (content[6] & 0xff) << 8 | content[7] & 0xff;
  }

  private static byte[] read(ZipFile zip, ZipEntry entry) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }
}
