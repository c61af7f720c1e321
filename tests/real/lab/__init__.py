"""The lab: real mail software from Debian packages in private namespaces.

Nothing is installed and nothing outside is changed: packages are unpacked into a cache folder,
laid over /usr in a private mount namespace, and every process dies with the lab's own process
namespace. Each module holds one noun; `lab.lab.Lab` brings them together.
"""
